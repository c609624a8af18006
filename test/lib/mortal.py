"""A PostgreSQL that may be killed, a throw-away one; for tests. The test's process must be adopt()ing."""

import contextlib
import ctypes
import os
import pathlib
import signal
import time

import psycopg2
from processes import alive, children
from throwaway import Throwaway

PR_SET_CHILD_SUBREAPER = 36
#: Settings of a server that must keep what it has acknowledged.
DURABLE = """\
wal_level = logical
fsync = on
synchronous_commit = on
max_connections = 100
shared_buffers = 128MB
max_wal_size = 256MB
checkpoint_timeout = 30s
deadlock_timeout = 200ms
log_min_error_statement = panic
log_error_verbosity = terse
lc_messages = 'C'
# a backend that is compiling when its postmaster goes ends with a PANIC of its own, which says nothing of the ledger
jit = off
"""


#: seconds after which what a dead postmaster left behind is killed too
PATIENCE = 10


def adopt():
    """From now on this process is the parent of what its children leave behind: a zombie still counts as a running server."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def of_proc(pid, name):
    """What /proc says of a process."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/{name}").read_text(errors="replace").replace("\0", " ").strip()
    return ""


class Mortal(Throwaway):
    """One data directory, whose database is `bank`."""

    def __init__(self, binaries, directory):
        super().__init__(binaries, directory)
        self.orphans = set()

    def start(self):
        """Until it is up: what is left of a killed server holds its shared memory for a moment."""
        begun = time.monotonic()
        while not super().start():
            if time.monotonic() > begun + 60:
                raise RuntimeError(f"PostgreSQL does not start again, see {self.log}:\n{self.told()}")
            if time.monotonic() > begun + PATIENCE:
                self.end_orphans()
            time.sleep(0.05)
        return True

    def end_orphans(self):
        """Kill what does not see that its postmaster is gone, as systemd does with a service's last processes; say what it was."""
        for pid in self.buried():
            title, state, where = (of_proc(pid, name) for name in ("cmdline", "stat", "wchan"))
            print(f"# outlived its postmaster for {PATIENCE} s: {title} (state {state.rpartition(')')[2][1:2]}, in {where})", flush=True)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def active(self, role):
        """Backends of a role that are at work just now."""
        with contextlib.closing(self.connect("postgres")) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s AND state = 'active' ORDER BY pid", (role,))
            return [row[0] for row in cursor.fetchall()]

    def kill(self, kind, rng, role):
        """`all` processes at once, the `postmaster`, or a `backend` of a role; returns when it answers again, False if there was none."""
        postmaster = self.postmaster()
        if kind == "backend":
            pids = self.active(role)
            if not pids:
                return False
            victim = rng.choice(pids)
            started = alive(victim)
            if started is None or victim not in children(postmaster):
                return False
            os.kill(victim, signal.SIGKILL)
        else:
            victim, started = postmaster, alive(postmaster)
            family = [postmaster, *children(postmaster)]
            self.orphans |= set(family)
            for pid in family if kind == "all" else family[:1]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 60
        while alive(victim) == started or victim in self.buried():
            if time.monotonic() > end:
                raise RuntimeError(f"process {victim} outlives kill -9")
            time.sleep(0.01)
        if kind != "backend":
            self.start()
        while True:
            try:
                self.connect("postgres").close()
                return True
            except psycopg2.OperationalError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def buried(self):
        """Takes note of the dead, which are this process's children now."""
        for pid in list(self.orphans):
            try:
                gone = os.waitpid(pid, os.WNOHANG)[0]
            except ChildProcessError:
                gone = True
            if gone:
                self.orphans.discard(pid)
        return self.orphans

    def connect(self, user):
        """A connection that commits by itself."""
        connection = psycopg2.connect(host=str(self.directory), port=5432, user=user, dbname="bank")
        connection.autocommit = True
        return connection
