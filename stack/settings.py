"""Where the stack lives and which ports and sizes it has; and its rendered configuration.

Two directories: DV_VAR holds the state of one stack (data, logs, passwords), DV_HOME what
stacks share (the jars and the private PostgreSQL). Both are var/ of the tree unless set.
"""

import os
import pathlib
import pwd
import re
import shutil
import sys

from tuning.place import Found, parse_share, parse_size
from tuning.server import Server
from tuning.size import Problem as SizeProblem

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent
# A batch of one largest message is larger than the message.
FRAMING = 65536
# sockaddr_un holds 107 bytes; supervisord first binds PATH.PID.
SOCKET_PATH_LIMIT = 107 - len(".4194304")

JAVA_OPTIONS = (
    "-XX:+UseSerialGC -XX:+ExitOnOutOfMemoryError -XX:-UsePerfData -Djava.awt.headless=true"
    " -Djava.io.tmpdir=@DV_VAR@/tmp -Dlog4j.configuration=file:@RUN@/log4j.properties"
)
PROGRAM_OPTIONS = """\
user=@RUN_USER@
environment=LC_ALL="C.UTF-8",HOME="@DV_VAR@",PGDATA=""
autostart=false
autorestart=unexpected
exitcodes=0
startsecs=1
startretries=20
stopasgroup=false
killasgroup=false
redirect_stderr=true
stdout_logfile=@DV_VAR@/log/%(program_name)s.log
stdout_logfile_maxbytes=20MB
stdout_logfile_backups=2"""


class Problem(Exception):
    """Something the user can act on."""


def read_values(path):
    """NAME=VALUE lines of a file; comments and blank lines aside."""
    values = {}
    for line in path.read_text().splitlines():
        line = line.strip()
        if line and not line.startswith("#"):
            name, _, value = line.partition("=")
            values[name.strip()] = value.strip()
    return values


class Settings:
    """The values of one stack: stack/ports, then $DV_VAR/ports, then the environment."""

    def __init__(self):
        self.var = pathlib.Path(os.environ.get("DV_VAR") or TREE / "var").resolve()
        self.home = pathlib.Path(os.environ.get("DV_HOME") or TREE / "var").resolve()
        self.run = self.var / "run-conf"
        self.online = self.var / "online"
        self.warnings = set()
        self.socket = self.var / "run" / "supervisor.sock"
        self.pgpass = self.var / "secret" / "pgpass"
        self.values = read_values(HERE / "ports")
        if (self.var / "ports").exists():
            own_values = read_values(self.var / "ports")
            if unknown := sorted(set(own_values) - set(self.values)):
                sys.exit(
                    f"{self.var / 'ports'}: unknown name {', '.join(unknown)}; "
                    f"known are those in {HERE / 'ports'}"
                )
            self.values.update(own_values)
        for name in self.values:
            self.values[name] = os.environ.get(name, self.values[name])
        # Servers never run as root: PostgreSQL refuses to, and the JVMs need not.
        own = pwd.getpwuid(os.geteuid()).pw_name
        self.run_user = own if os.geteuid() else "postgres"
        # whoever takes over the web server, which all the world talks to, is not the servers' user
        self.web_user = own if os.geteuid() else "www-data"
        self.values.update(
            DV_VAR=str(self.var),
            DV_HOME=str(self.home),
            RUN=str(self.run),
            ONLINE=str(self.online),
            RUN_USER=self.run_user,
            WEB_USER=self.web_user,
            SUPERVISOR_USER=own,
            BATCH_BYTES=str(int(self.values["DV_MAX_MESSAGE_BYTES"]) + FRAMING),
        )

    def __getitem__(self, name):
        return self.values[name]

    def port(self, name):
        return int(self.values[f"DV_{name.upper()}_PORT"])

    @property
    def bootstrap(self):
        return f"127.0.0.1:{self['DV_KAFKA_PORT']}"

    def check_paths(self):
        """Refuse, with a way out, the paths that would fail obscurely later."""
        if len(os.fsencode(self.socket)) > SOCKET_PATH_LIMIT:
            raise Problem(f"{self.socket} is too long for a unix socket; set DV_VAR to a shorter directory")
        if re.search(r"[\s%\"';,@]", f"{self.var}{self.home}"):
            raise Problem(
                f"blanks and the characters %\"';,@ cannot be in DV_VAR ({self.var}) or DV_HOME ({self.home})"
            )
        if os.geteuid() == 0:
            user = pwd.getpwnam(self.run_user)
            groups = set(os.getgrouplist(user.pw_name, user.pw_gid))
            for directory in {self.var, self.home}:
                for part in [*reversed(directory.parents), directory]:
                    if part.exists() and not may_enter(part.stat(), user.pw_uid, groups):
                        raise Problem(
                            f"user {self.run_user} cannot enter {part}, so no server can run in {directory}\n"
                            "hint: keep the state elsewhere, for example\n"
                            f"  mkdir -p /srv/datavault && ln -s /srv/datavault {TREE}/var  (move an old var first)\n"
                            "or export DV_VAR and DV_HOME, or chmod o+x that directory"
                        )

    def substitute(self, text, **more):
        """Replace @NAME@, also inside of what was put in; an unknown name is an error."""
        values = {**self.values, "JAVA": JAVA_OPTIONS, "PROGRAM": PROGRAM_OPTIONS,
                  "WEB_PROGRAM": PROGRAM_OPTIONS.replace("@RUN_USER@", "@WEB_USER@"), **more}

        def value(match):
            if match[1] not in values:
                raise Problem(f"template names @{match[1]}@, which has no value")
            return self.substitute(values[match[1]], **more)

        return re.sub(r"@([A-Z_]+)@", value, text)

    def vault_preload(self):
        """shared_preload_libraries of the vault: ours only where it is installed."""
        wanted = self["DV_VAULT_PRELOAD"]
        if wanted != "auto":
            return wanted
        library = self.home / "pg/usr/lib/postgresql/15/lib/datavault.so"
        return "datavault" if library.exists() else ""

    def tune_file(self, server):
        """Read before what is fixed (20-) and before the user's own (90-), which win."""
        return self.run / f"{server}.d" / "15-tune.conf"

    def tune(self, server):
        """A server's sizes, from its part of the machine."""
        names = {what: f"DV_{server.upper()}_{what}" for what in ("SHARE", "MEMORY")}
        try:
            share = parse_share(self[names["SHARE"]])
            memory = parse_size(self[names["MEMORY"]] or None)
            found = Found("/", str(self.var), share, own_memory=memory)
            text = Server(server, found.place).file()
        except SizeProblem as problem:
            raise Problem(f"{server}: {problem}\nhint: {problem.hint} ({' or '.join(names.values())})") from problem
        self.warnings |= set(found.warnings)
        file = self.tune_file(server)
        new = file.with_name(f"{file.name}.new")  # (a server reads what ends in .conf)
        new.write_text(text)
        new.chmod(0o644)
        new.rename(file)

    def render(self):
        """Write run-conf/ anew, from conf/*.in and by tune; what others put there stays."""
        self.run.mkdir(parents=True, exist_ok=True)
        preload = self.vault_preload()

        def put(template, target):
            target = self.run / target
            target.parent.mkdir(exist_ok=True)
            text = (HERE / "conf" / f"{template}.in").read_text()
            target.write_text(self.substitute(text, VAULT_PRELOAD=preload))
            target.chmod(0o644)

        for name in ("server.properties", "connect.properties", "log4j.properties", "supervisord.conf"):
            put(name, name)
        for server in ("source", "vault"):
            put("postgres-common.conf", f"{server}.d/10-common.conf")
            put(f"postgres-{server}.conf", f"{server}.d/20-{server}.conf")
            self.tune(server)
        for script in ("run-java", "run-postgres", "run-service"):
            shutil.copy(HERE / script, self.run / f"{script}.new")
            (self.run / f"{script}.new").rename(self.run / script)


def may_enter(status, uid, groups):
    """Whether the permission bits let somebody traverse a directory."""
    if status.st_uid == uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid in groups:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
