"""The settings of one server: pgtune's values, and what it does not know of this project.

`source` is Debezium's source (pgtune's oltp), `vault` is where datavault's workers write (dw). Every process
that may be there is counted, each at what it is allowed to take: the sum stays within the memory given, and
never shrinks when memory grows. Amounts are kB.
"""

import typing

from . import size
from .pgtune import CONNECTIONS, pgtune
from .size import GB, MB, Problem, about

KINDS = {"source": "oltp", "vault": "dw"}
VERSION = 15

# Measured, rounded up (PostgreSQL 15, without jit): private memory of a session is 2 to 5 MB, of a process of the
# server's own 0.5 MB; shared memory beside buffers and WAL's is 6 MB, 2.3 to 3 % of the buffers, 50 kB a session.
PROCESS = 3 * MB
OWN_PROCESSES = 6 * MB
SHARED = 6 * MB
#: A worker's memory with a full batch (32 MiB of messages) comes and goes by up to this.
SUBSCRIPTION = 64 * MB
#: Sorts take work_mem, hashes this many times as much: PostgreSQL's default, which is written out.
HASHES = 2
SLOTS = 10
#: Scouts of different databases at one time; then the launcher, and that of logical replication.
SCOUTS = 4
LEAST_CONNECTIONS = 5
LEAST_WORK_MEM = 256
#: A pass of vacuum remembers 1 GB of dead rows at most (until PostgreSQL 17).
VACUUM_MEMORY = 1 * GB
#: Where the disk is not known.
SOME_DISK = 20 * GB
SEGMENT = 16 * MB


class Setting(typing.NamedTuple):
    name: str
    value: object
    why: str

    def line(self):
        """Amounts are written as text already; whatever is no number is quoted."""
        value = self.value if isinstance(self.value, (int, float)) else f"'{self.value}'"
        return f"{self.name} = {value}"


class Reckoning:
    """Who takes how much, and what is left for sessions: connections and work_mem follow from it.

    What is counted in steps (workers, senders) is reckoned as if it grew evenly, or a step would take back
    from work_mem what more memory had given.
    """

    def __init__(self, profile, place):
        self.place = place
        memory = place.memory
        self.pgtune = self._pgtune(profile, place.connections)
        # pgtune's formulas are for 256 MB and more: from there down to 128 MB a quarter becomes an eighth
        self.shared = max(memory // 8, min(memory // 4, memory * 3 // 8 - 32 * MB))
        self.wal_buffers = self.pgtune["wal_buffers"]
        self.maintenance = self.pgtune["maintenance_work_mem"]
        self.vacuum_workers = self.pgtune.get("autovacuum_max_workers", 3)
        vacuum = min(memory // 32, self.vacuum_workers * VACUUM_MEMORY)
        self.vacuum = vacuum // self.vacuum_workers
        self.wanted_work_mem = min(max(memory // 128, 1 * MB), 4 * MB)
        self.parts = {
            "shared_buffers": self.shared,
            "other shared memory": SHARED + self.shared // 32 + self.wal_buffers,
            "the server's own processes": OWN_PROCESSES,
            "autovacuum": vacuum + self.vacuum_workers * 2 * MB,
            "one maintenance command": self.maintenance,
        }
        if profile == "source":
            self._add_senders(memory)
        else:
            self._add_subscriptions(memory)
        self.parts["kept free"] = memory // 20
        parallel = min(place.cpus or 2, max(1, memory / (256 * MB)))
        self.parallel = int(parallel)
        self._share_the_rest(profile, parallel)

    def _pgtune(self, profile, connections):
        place = self.place
        return pgtune(VERSION, KINDS[profile], place.memory, place.cpus, connections, place.storage)

    def _add_senders(self, memory):
        senders = min(SLOTS, max(3, memory / (64 * MB)))
        self.senders = int(senders)
        self.decoding = int(min(64 * MB, memory / 16 / senders))
        self.parts["walsenders that decode"] = int(senders * (PROCESS + self.decoding))

    def _add_subscriptions(self, memory):
        subscriptions = min(16 * SUBSCRIPTION, memory // 4)
        self.subscriptions = max(1, subscriptions // SUBSCRIPTION)
        self.parts["workers of subscriptions"] = subscriptions

    def _share_the_rest(self, profile, parallel):
        """Sessions and parallel workers: each is a process and has one hash or two sorts."""
        rest = self.place.memory - sum(self.parts.values())
        each = PROCESS + HASHES * self.wanted_work_mem
        usual = CONNECTIONS[KINDS[profile]]
        fitting = int((rest - parallel * each) / each)
        self.connections = self.place.connections or min(usual, fitting)
        most = int(rest / (PROCESS + HASHES * LEAST_WORK_MEM) - parallel)
        if self.connections < LEAST_CONNECTIONS:
            raise Problem(
                f"{about(self.place.memory)} of memory are too little for a {profile}",
                "give it more: 128 MB are enough; of a shared machine a larger part",
            )
        if self.connections > most:
            raise Problem(
                f"{self.connections} connections do not fit into {about(self.place.memory)} of memory",
                f"at most {most} do; give it more memory, or put a pooler in front"
                if most >= LEAST_CONNECTIONS
                else "give it more memory: 128 MB are enough for a few connections",
            )
        if self.place.connections or self.connections == usual:
            allowed = int((rest - (self.connections + parallel) * PROCESS) / HASHES / (self.connections + parallel))
            self.work_mem = min(self._pgtune(profile, self.connections)["work_mem"], allowed)
        else:
            self.work_mem = self.wanted_work_mem
        self.pgtune["work_mem"] = self._pgtune(profile, self.place.connections)["work_mem"]
        self.parts["sessions"] = self.connections * (PROCESS + HASHES * self.work_mem)
        self.parts["parallel workers"] = int(parallel * (PROCESS + HASHES * self.work_mem))

    def lines(self):
        for what, amount in self.parts.items():
            yield f"{about(amount):>9}  {what}{self._detail(what)}"
        total = sum(self.parts.values())
        yield f"{about(total):>9}  in all, of {about(self.place.memory)}"

    def _detail(self, what):
        session = f"{about(PROCESS)} and {HASHES} x work_mem ({about(self.work_mem)}) each"
        return {
            "autovacuum": f": {self.vacuum_workers} workers of {about(self.vacuum)}",
            "sessions": f": {self.connections} of {session}",
            "parallel workers": f": {self.parallel} of {session}",
            "walsenders that decode": f": {getattr(self, 'senders', 0)}",
            "workers of subscriptions": f": {getattr(self, 'subscriptions', 0)} at up to {about(SUBSCRIPTION)}",
        }.get(what, "")


class Server:
    """Its settings, in order; each with the reason, and with pgtune's value where ours is another."""

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
        few = "PostgreSQL's default is for more processors" if cpus is None or cpus < 4 else "not more than memory allows"
        gather = min(r.pgtune.get("max_parallel_workers_per_gather", (cpus or 2) // 2), r.parallel)
        maintenance = min(r.pgtune.get("max_parallel_maintenance_workers", 1), r.parallel)
        subscriptions = 0 if self._source else r.subscriptions
        others = 4 if self._source else 2 + SCOUTS + subscriptions
        self._add("max_worker_processes", max(8, r.parallel + others),
                  f"parallel workers ({r.parallel}), the launcher of logical replication, and 3 for extensions" if self._source
                  else f"parallel workers ({r.parallel}), two launchers, scouts ({SCOUTS}), one for each subscription ({subscriptions})")
        same = "as many as processors"
        self._add("max_parallel_workers", r.parallel, same if r.parallel == cpus else few)
        self._add("max_parallel_workers_per_gather", gather, "half of the processors" if r.parallel == cpus else few)
        self._add("max_parallel_maintenance_workers", maintenance, "they share one maintenance_work_mem")
        if not self._source:
            each = r.parts["workers of subscriptions"] // r.subscriptions
            self._add("datavault.max_subscriptions", r.subscriptions,
                      f"at up to {about(each)} a quarter of memory, or 16"
                      + ("; let batch_bytes of the subscription be smaller" if each < SUBSCRIPTION else ""))

    def _wal(self):
        disk = self.place.disk or SOME_DISK
        known = f"of {about(disk)} of disk" if self.place.disk else "of a disk that is not known: as if 20 GB"
        if disk < 512 * MB:
            raise Problem(f"{about(disk)} of disk are too little for a {self.profile}", "an empty server with its WAL needs 512 MB")
        pg = self.reckoning.pgtune
        most = min(pg["max_wal_size"], max(disk // 10 // SEGMENT * SEGMENT, 4 * SEGMENT))
        least = min(pg["min_wal_size"], max(most // 4 // SEGMENT * SEGMENT, 2 * SEGMENT))
        full = "enough that time, not size, asks for checkpoints"
        self._add("max_wal_size", most, full if most == pg["max_wal_size"] else f"a tenth {known}")
        self._add("min_wal_size", least,
                  "kept for the next burst" if least == pg["min_wal_size"] else "a quarter of max_wal_size")
        self._add("wal_buffers", self.reckoning.wal_buffers, "3 % of shared_buffers, at most 16 MB")
        self._add("wal_compression", "lz4", "whole pages after a checkpoint are most of the WAL")
        self._add("checkpoint_timeout", "15min",
                  "fewer whole pages in the WAL; bounded by max_wal_size, and so is recovery")
        self._add("checkpoint_completion_target", 0.9, "writes are spread over the time between checkpoints")
        if not self._source:
            self._add("wal_level", "replica", "nobody decodes the vault's WAL; standbys and backups can be had")
            return
        self._add("wal_level", "logical", "Debezium decodes the WAL")
        self._add("max_replication_slots", SLOTS, "one for each connector, while it is stopped too")
        self._add("max_wal_senders", self.reckoning.senders, "one for each running connector, standby or backup")
        self._add("max_slot_wal_keep_size", max(disk // 5 // SEGMENT * SEGMENT, 4 * SEGMENT),
                  f"a fifth {known}: a connector that stays away longer loses its slot, and the source lives on")
        self._add("wal_sender_timeout", "60s",
                  "a connector answers every 10 s: one that is gone frees its slot for the next; shorter would end one that is only slow")

    def _planner(self):
        r, ssd = self.reckoning, self.place.storage == "ssd"
        self._add("random_page_cost", 1.1 if ssd else 4,
                  ("the workers look for rows by key: scans of whole tables must not win" if not self._source else "this disk has no seeks")
                  if ssd else "this disk has seeks")
        self._add("effective_io_concurrency", r.pgtune["effective_io_concurrency"], "what this disk does at a time")
        self._add("default_statistics_target", r.pgtune["default_statistics_target"],
                  "PostgreSQL's default" if self._source else "finer histograms for the queries of a warehouse")
        self._add("jit", "off", "statements are short: to compile one takes longer than to run it"
                  + ("" if self._source else "; SET jit = on for a long query, which then takes 30 MB more"))

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
        self._add("autovacuum_analyze_scale_factor", 0.02, "the newest positions are beyond the last histogram")
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
