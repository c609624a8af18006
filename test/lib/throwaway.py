"""A PostgreSQL to throw away, in a directory of its own and reached through a socket there; for tests and measurements."""

import contextlib
import os
import pathlib
import shutil
import subprocess


class Throwaway:
    """One data directory. What it runs as the server's user: that is `postgres` if one is root, else oneself."""

    #: what belongs to a server, so that root does not run it
    SERVER = ("initdb", "pg_ctl", "postgres")

    def __init__(self, binaries, directory):
        self.bin = pathlib.Path(binaries).resolve()
        self.directory = pathlib.Path(directory)
        self.data, self.log = self.directory / "data", self.directory / "log"
        self.said = ""
        #: what makes a command the server's user's
        self.as_other = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {
            "PGHOST": str(self.directory), "PGPORT": "5432", "PGUSER": "postgres", "PGDATABASE": "postgres",
            "PATH": f"{self.bin}:{os.environ['PATH']}",
        }

    def run(self, program, *words, **more):
        """Run a program with the server in its environment; what it was, with status and output. Keywords are subprocess.run's."""
        command = [program, *words]
        if program in self.SERVER:
            command = [*self.as_other, self.bin / program, *words]
        defaults = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} | ({} if "input" in more else {"stdin": subprocess.DEVNULL})
        return subprocess.run([str(word) for word in command], cwd="/", env=self.environment, text=True, **(defaults | more))

    def must(self, program, *words, **more):
        """The same, and its output; RuntimeError with that if it fails."""
        done = self.run(program, *words, **more)
        if done.returncode:
            raise RuntimeError(f"{program}: status {done.returncode}\n{(done.stdout or '')[-2000:]}")
        return done.stdout

    def make(self, conf):
        """A new, empty cluster with these settings."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres")
        self.must("initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(f"listen_addresses = ''\nport = 5432\nunix_socket_directories = '{self.directory}'\n{conf}")

    def start(self):
        """Up and answering; if not, it is down again, and told() says why."""
        done = self.run("pg_ctl", "-w", "-t", 60, "-D", self.data, "-l", self.log, "start")
        if done.returncode:
            self.said = done.stdout
            self.stop()
        return done.returncode == 0

    def told(self):
        """What pg_ctl said of a start that failed, and the end of the server's log."""
        return f"{self.said}{self.log.read_text(errors='replace')[-2000:] if self.log.exists() else ''}"

    def postmaster(self):
        """The server's process id, if it runs: a file that was left behind may name anybody."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            if os.path.samefile(f"/proc/{pid}/cwd", self.data):
                return pid
        return None

    def stop(self, mode="immediate"):
        """Down, if it is up; nothing else happens to its data."""
        if self.postmaster() is not None:
            self.run("pg_ctl", "-s", "-w", "-D", self.data, "-m", mode, "stop")

    def remove(self):
        """Down, and gone."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
