"""pgtune's formulas, as they are: Linux, a database about as large as memory (its "mid_ram").

Nothing here knows this project. What differs from pgtune, and why, is in server.py; test/tune compares this
with 864 outputs of pgtune itself. Amounts are kB; a setting that pgtune leaves alone is absent.
"""

from .size import GB, MB

CONNECTIONS = {"oltp": 300, "dw": 40, "mixed": 100}
MIN_WAL = {"oltp": 2 * GB, "dw": 4 * GB, "mixed": 1 * GB}
IO_CONCURRENCY = {"hdd": 2, "ssd": 200}
#: max_worker_processes where it is not set.
DEFAULT_WORKERS = 8


def pgtune(version, kind, memory, cpus, connections, storage):
    """Settings of a server of PostgreSQL `version` (15 or later), kind oltp, dw or mixed; `cpus` and
    `connections` may be None: not known, and as pgtune likes."""
    if version < 15:
        raise ValueError(f"no formulas for PostgreSQL {version}")
    parallel = parallel_workers(kind, cpus)
    shared = memory // 4
    maintenance = min(memory // (8 if kind == "dw" else 16), 8 * GB)
    connections = connections or CONNECTIONS[kind]
    return {
        "max_connections": connections,
        "shared_buffers": shared,
        "effective_cache_size": memory * 3 // 4,
        "maintenance_work_mem": maintenance,
        "checkpoint_completion_target": 0.9,
        "wal_buffers": wal_buffers(shared),
        "default_statistics_target": 500 if kind == "dw" else 100,
        "random_page_cost": 4 if storage == "hdd" or kind == "dw" else 1.1,
        "effective_io_concurrency": IO_CONCURRENCY[storage],
        **parallel,
        "work_mem": work_mem(kind, memory - shared, connections, parallel),
        "huge_pages": "try" if shared >= 2 * GB else "off",
        "wal_compression": "lz4",
        **({} if kind == "dw" else {"jit": "off"}),
        "min_wal_size": MIN_WAL[kind],
        "max_wal_size": 4 * MIN_WAL[kind],
        **autovacuum(cpus, maintenance),
    }


def wal_buffers(shared):
    """3 % of shared_buffers from 32 kB to 16 MB, and 16 MB also for what is nearly that."""
    buffers = 3 * shared // 100
    return 16 * MB if buffers > 14 * MB else max(buffers, 32)


def parallel_workers(kind, cpus):
    """Nothing below four processors."""
    if cpus is None or cpus < 4:
        return {}
    half = (cpus + 1) // 2
    return {
        "max_worker_processes": cpus,
        "max_parallel_workers_per_gather": half if kind == "dw" else min(half, 4),
        "max_parallel_workers": cpus,
        "max_parallel_maintenance_workers": min(half, 4),
    }


def work_mem(kind, rest, connections, parallel):
    """What shared buffers leave, for three sorts of every process; half of it where queries sort often."""
    processes = connections + parallel.get("max_worker_processes", DEFAULT_WORKERS)
    return max(rest // (processes * 3 * (1 if kind == "oltp" else 2)), 4 * MB)


def autovacuum(cpus, maintenance):
    """More workers for many processors; not more than 2 GB each."""
    settings = {}
    if cpus is not None and cpus >= 16:
        settings["autovacuum_max_workers"] = 5 if cpus >= 32 else 4
    if maintenance >= 2 * GB:
        settings["autovacuum_work_mem"] = 2 * GB
    return settings
