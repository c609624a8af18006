"""Who takes how much of a server's memory, and what is left for sessions. Amounts are kB.

Every process that may be there is counted, each at what it is allowed to take: the sum stays within the
memory given, and nothing shrinks when memory grows.
"""

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
#: Of replication.
SLOTS = 10
#: A pass of vacuum remembers 1 GB of dead rows at most (until PostgreSQL 17).
VACUUM_MEMORY = 1 * GB
LEAST_CONNECTIONS = 5
LEAST_WORK_MEM = 256
TOO_LITTLE = "give it more: 128 MB are enough; of a shared machine a larger part"


class Reckoning:
    """The parts; connections and work_mem follow from what they leave.

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
        self._refuse(profile, int(rest / (PROCESS + HASHES * LEAST_WORK_MEM) - parallel))
        self.work_mem = self.wanted_work_mem
        if self.place.connections or self.connections == usual:
            processes = self.connections + parallel
            allowed = int((rest - processes * PROCESS) / HASHES / processes)
            self.work_mem = min(self._pgtune(profile, self.connections)["work_mem"], allowed)
        self.parts["sessions"] = self.connections * (PROCESS + HASHES * self.work_mem)
        self.parts["parallel workers"] = int(parallel * (PROCESS + HASHES * self.work_mem))

    def _refuse(self, profile, most):
        memory = about(self.place.memory)
        if self.connections < LEAST_CONNECTIONS or most < LEAST_CONNECTIONS:
            raise Problem(f"{memory} of memory are too little for a {profile}", TOO_LITTLE)
        if self.connections > most:
            raise Problem(
                f"{self.connections} connections do not fit into {memory} of memory",
                f"at most {most} do; give it more memory, or put a pooler in front",
            )

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
