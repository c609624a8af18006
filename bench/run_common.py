"""What the measurements share: paths, output, the environment of a run."""

import os
import pathlib
import platform
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT / "stack"), str(ROOT / "test" / "lib")]
sys.dont_write_bytecode = True
from settings import Settings  # noqa: E402
from throwaway import Throwaway  # noqa: E402

__all__ = ["HERE", "ROOT", "Settings", "bank", "environment", "say", "vault_settings"]


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def git(*arguments):
    return subprocess.run(
        ["git", "-C", ROOT, *arguments], capture_output=True, text=True
    ).stdout.strip()


def environment():
    cpu = [
        line.split(":")[1].strip()
        for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    commit = git("rev-parse", "--short", "HEAD")
    # the results of this very run do not count
    if git("status", "--porcelain", "--", ".", ":!bench/results"):
        commit += "-dirty"
    return {
        "cpu": f"{len(cpu)} × {cpu[0] if cpu else platform.machine()}",
        "kernel": platform.release(),
        "commit": commit,
        "load_before": os.getloadavg()[0],
        "date": time.strftime("%F"),
    }


def bank(directory, conf):
    """An empty bank in a durable PostgreSQL of its own; from here on, this process reaches it without being told."""
    home = pathlib.Path(os.environ.get("DV_HOME") or ROOT / "var").resolve()
    subprocess.run([ROOT / "stack" / "pgroot", home / "pg"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["make", "-s", "-C", ROOT, "install", f"PG_CONFIG={home / 'pg/bin/pg_config'}"], check=True)
    server = Throwaway(home / "pg" / "bin", directory)
    server.remove()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        server.make(conf)
        if not server.start():
            sys.exit(f"PostgreSQL does not start:\n{server.told()}")
        server.must("createdb", "bank")
        server.must(ROOT / "bank/source/migrate", "-d", "bank")
    except BaseException:
        server.remove()
        raise
    server.environment["PGDATABASE"] = "bank"
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    os.environ.update(server.environment)
    return server


def vault_settings(stack):
    """How to reach the stack's vault and broker."""
    return {
        "bootstrap": stack.bootstrap,
        "files": stack.var / "tmp",
        "vault": {
            "host": "127.0.0.1",
            "port": stack.port("vault"),
            "user": "postgres",
            "passfile": str(stack.pgpass),
        },
    }
