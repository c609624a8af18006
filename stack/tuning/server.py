"""The settings of one server: pgtune's values, and what it does not know of this project.

`source` is Debezium's source (pgtune's oltp), `vault` is where datavault's workers write (dw). Each setting
has its reason, and names pgtune's value where it has another. Amounts are kB.
"""

import typing

from . import size
from .pgtune import pgtune
from .reckoning import HASHES, KINDS, SLOTS, SUBSCRIPTION, VERSION, Reckoning
from .size import GB, MB, Problem, about

#: Scouts of different databases at one time; then the launcher, and that of logical replication.
SCOUTS = 4
#: Where the disk is not known.
SOME_DISK = 20 * GB
LEAST_DISK = 512 * MB
SEGMENT = 16 * MB


class Setting(typing.NamedTuple):
    name: str
    value: object
    why: str

    def line(self):
        """Amounts are written as text already; whatever is no number is quoted."""
        value = self.value if isinstance(self.value, (int, float)) else f"'{self.value}'"
        return f"{self.name} = {value}"


class Server:
    """Its settings, in order."""

    def __init__(self, profile, place):
        self.profile = profile
        self.place = place
        self.reckoning = Reckoning(profile, place)
        self.settings = []
        self._memory()
        self._workers()
        self._wal()
        self._planner()
        self._autovacuum()
        self._log()

    @property
    def _source(self):
        return self.profile == "source"

    def _add(self, name, value, why):
        pgtune_value = self.reckoning.pgtune.get(name)
        if pgtune_value is not None and pgtune_value != value:
            why = f"pgtune: {shown(name, pgtune_value)}; {why}"
        elif pgtune_value is not None:
            why = f"as pgtune: {why}"
        self.settings.append(Setting(name, shown(name, value), why))

    def _memory(self):
        r = self.reckoning
        fewer = r.connections < r.pgtune["max_connections"]
        self._add("max_connections", r.connections,
                  "as asked for" if self.place.connections
                  else f"so many fit into memory with {about(r.work_mem)} of work_mem each" if fewer
                  else "usual for this kind of load")
        self._add("shared_buffers", r.shared,
                  "a quarter of memory" if r.shared == r.pgtune["shared_buffers"]
                  else "so little memory is needed more by processes")
        if self.place.contained:
            self._add("huge_pages", "off",
                      "a container may have none, and one that is promised and missing ends the server")
        else:
            huge = r.pgtune["huge_pages"]
            self._add("huge_pages", huge, "worth it from 2 GB of shared buffers" if huge == "try"
                      else "not worth it below 2 GB of shared buffers")
        self._add("effective_cache_size", r.pgtune["effective_cache_size"],
                  "what the system caches, too; an estimate, nothing is taken")
        self._add("work_mem", r.work_mem, "all sessions together stay within memory, each with one hash or two sorts")
        self._add("hash_mem_multiplier", HASHES, "PostgreSQL's default, written because work_mem is reckoned with it")
        self._add("maintenance_work_mem", r.maintenance,
                  "one CREATE INDEX or VACUUM by hand at a time is reckoned with")
        self._add("autovacuum_work_mem", r.vacuum,
                  f"else each of {r.vacuum_workers} workers would take maintenance_work_mem; more than 1 GB is never used")
        if self._source:
            self._add("logical_decoding_work_mem", r.decoding,
                      f"of each of {r.senders} walsenders; a larger transaction goes through files")

    def _workers(self):
        r, cpus = self.reckoning, self.place.cpus
        few = "PostgreSQL's default is for more processors" if (cpus or 2) < 4 else "not more than memory allows"
        if self._source:
            others, for_whom = 4, "the launcher of logical replication, and 3 for extensions"
        else:
            others = 2 + SCOUTS + r.subscriptions
            for_whom = f"two launchers, scouts ({SCOUTS}), one for each subscription ({r.subscriptions})"
        self._add("max_worker_processes", max(8, r.parallel + others), f"parallel workers ({r.parallel}), {for_whom}")
        whole = r.parallel == cpus
        self._add("max_parallel_workers", r.parallel, "as many as processors" if whole else few)
        gather = min(r.pgtune.get("max_parallel_workers_per_gather", (cpus or 2) // 2), r.parallel)
        self._add("max_parallel_workers_per_gather", gather,
                  ("half of the processors" + (", at most 4" if self._source else "")) if whole else few)
        maintenance = min(r.pgtune.get("max_parallel_maintenance_workers", 1), r.parallel)
        self._add("max_parallel_maintenance_workers", maintenance, "they share one maintenance_work_mem")
        if not self._source:
            self._subscriptions()

    def _subscriptions(self):
        r = self.reckoning
        each = r.parts["workers of subscriptions"] // r.subscriptions
        why = f"at up to {about(each)} a quarter of memory, or 16"
        if each < SUBSCRIPTION:
            why += "; let batch_bytes of the subscription be smaller"
        self._add("datavault.max_subscriptions", r.subscriptions, why)

    def _wal(self):
        pg = self.reckoning.pgtune
        disk = self.place.disk or SOME_DISK
        known = f"of {about(disk)} of disk" if self.place.disk else "of a disk that is not known: as if 20 GB"
        if disk < LEAST_DISK:
            raise Problem(f"{about(disk)} of disk are too little for a {self.profile}",
                          f"an empty server with its WAL needs {about(LEAST_DISK)}")
        most = min(pg["max_wal_size"], segments(disk // 10, 4))
        least = min(pg["min_wal_size"], segments(most // 4, 2))
        self._add("max_wal_size", most, "enough that time, not size, asks for checkpoints"
                  if most == pg["max_wal_size"] else f"a tenth {known}")
        self._add("min_wal_size", least, "kept for the next burst"
                  if least == pg["min_wal_size"] else "a quarter of max_wal_size")
        self._add("wal_buffers", self.reckoning.wal_buffers, "3 % of shared_buffers, at most 16 MB")
        self._add("wal_compression", "lz4", "whole pages after a checkpoint are most of the WAL")
        self._add("checkpoint_timeout", "15min",
                  "fewer whole pages in the WAL; bounded by max_wal_size, and so is recovery")
        self._add("checkpoint_completion_target", 0.9, "writes are spread over the time between checkpoints")
        if self._source:
            self._replication(segments(disk // 5, 4), f"a fifth {known}")
        else:
            self._add("wal_level", "replica", "nobody decodes the vault's WAL; standbys and backups can be had")

    def _replication(self, kept, part_of_disk):
        self._add("wal_level", "logical", "Debezium decodes the WAL")
        self._add("max_replication_slots", SLOTS, "one for each connector, while it is stopped too")
        self._add("max_wal_senders", self.reckoning.senders, "one for each running connector, standby or backup")
        self._add("max_slot_wal_keep_size", kept,
                  f"{part_of_disk}: a connector that stays away longer loses its slot, and the source lives on")
        self._add("wal_sender_timeout", "60s", "a connector answers every 10 s: one that is gone frees its slot for the"
                  " next, one that is only slow keeps it")

    def _planner(self):
        pg, ssd = self.reckoning.pgtune, self.place.storage == "ssd"
        if not ssd:
            why = "this disk has seeks"
        elif self._source:
            why = "this disk has no seeks"
        else:
            why = "the workers look for rows by key: scans of whole tables must not win"
        self._add("random_page_cost", 1.1 if ssd else 4, why)
        self._add("effective_io_concurrency", pg["effective_io_concurrency"], "what this disk does at a time")
        self._add("default_statistics_target", pg["default_statistics_target"],
                  "PostgreSQL's default" if self._source else "finer histograms for the queries of a warehouse")
        short = "statements are short: to compile one takes longer than to run it"
        self._add("jit", "off", short if self._source
                  else f"pgtune: left on; the workers' {short}; SET jit = on for a long query (30 MB more)")

    def _autovacuum(self):
        r = self.reckoning
        if "autovacuum_max_workers" in r.pgtune:
            self._add("autovacuum_max_workers", r.vacuum_workers, "many processors")
        if self.place.storage == "ssd":
            self._add("autovacuum_vacuum_cost_limit", 1000, "five times the default, which is for disks with seeks")
        if self._source:
            self._add("autovacuum_vacuum_scale_factor", 0.05,
                      "large tables are vacuumed in smaller portions than a fifth")
            self._add("autovacuum_analyze_scale_factor", 0.02, "the newest keys and times are what is asked for")
            self._add("autovacuum_vacuum_insert_scale_factor", 0.1,
                      "a ledger only grows: its new pages become all-visible and frozen")
            return
        self._add("autovacuum_vacuum_scale_factor", 0.05, "row state is updated and deleted by every change")
        self._add("autovacuum_analyze_scale_factor", 0.05,
                  "the newest positions are beyond the last histogram; oftener takes processors from a first load")
        self._add("autovacuum_vacuum_insert_threshold", 10000, "one full batch")
        self._add("autovacuum_vacuum_insert_scale_factor", 0.05,
                  "hubs, links and satellites only grow: index-only scans need all-visible pages")
        self._add("vacuum_freeze_min_age", 100000,
                  "rows never change once written: freeze in the same pass, not all at once after 200 million transactions")

    def _log(self):
        self._add("log_checkpoints", "on", "shows when max_wal_size, not time, asks for them")
        self._add("log_lock_waits", "on", "a batch that waits for a lock is lag")
        self._add("log_autovacuum_min_duration", "10s", "what takes long is what may fall behind")
        self._add("log_temp_files", 16 * MB, "queries for which work_mem is too small")

    def file(self):
        head = (
            f"# A {self.profile} with {self.place}.\n"
            "# Made by stack/tune, and made anew: write your own settings into a file that comes later, like 90-mine.conf.\n"
        )
        lines = [setting.line() for setting in self.settings]
        width = max(map(len, lines))
        return head + "".join(f"{line:{width}}  # {s.why}\n" for line, s in zip(lines, self.settings))


def segments(amount, least):
    """Whole segments of WAL."""
    return max(amount // SEGMENT, least) * SEGMENT


#: Settings of pgtune and ours that are amounts.
AMOUNTS = {
    "shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "autovacuum_work_mem",
    "logical_decoding_work_mem", "max_wal_size", "min_wal_size", "wal_buffers", "max_slot_wal_keep_size", "log_temp_files",
}


def shown(name, value):
    return size.show(value) if name in AMOUNTS else value


def pgtune_text(profile, place):
    """pgtune's values and nothing else."""
    values = pgtune(VERSION, KINDS[profile], place.memory, place.cpus, place.connections, place.storage)
    settings = [Setting(name, shown(name, value), "pgtune") for name, value in values.items()]
    return "".join(f"{setting.line()}  # {setting.why}\n" for setting in settings)
