"""An online bank to throw away: PostgreSQL with the bank and a few customers, the API, the web server; for tests.

    with OnlineBank(directory) as bank:
        client = bank.client()
        client.login(bank.users["customer1"])
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "webapp"))
from client import Client, read_users  # noqa: E402
from throwaway import Throwaway  # noqa: E402

HOME = pathlib.Path(os.environ.get("DV_HOME") or ROOT / "var").resolve()
#: another build of the API: under sanitizers, say, which go without the sandbox
PROGRAM = os.environ.get("BANK_API")
#: whom the API and the web server run as, where the test is root
OWNER, WEB_OWNER = "postgres", "www-data"
CONF = """\
wal_level = logical
fsync = off
max_connections = 100
shared_buffers = 128MB
deadlock_timeout = 200ms
lc_messages = 'C'
log_statement = 'all'
log_parameter_max_length = -1
"""


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(condition, seconds, what):
    """Poll until it holds; what it was."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {seconds} s")
        time.sleep(0.02)


def payment(debit, credit_no, amount=100, **more):
    """The fields of a payment in roubles from an account, by its id, to a number."""
    return {"debit_account_id": debit, "credit_account_no": credit_no, "amount_minor": amount, "currency_code": "RUB"} | more


class OnlineBank:
    """One place with everything in it. Processes are this one's, and end with it."""

    def __init__(self, directory, customers=12, staff=2, scale=0.02, workers=8, conf=CONF, patience_ms=20000, pages=None):
        self.directory = pathlib.Path(directory)
        self.database = Throwaway(HOME / "pg/bin", self.directory / "pg")
        self.place = self.directory / "online"
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        self.customers, self.staff, self.scale, self.workers, self.conf = customers, staff, scale, workers, conf
        self.pages = pages  # a directory that webapp/ui/build made; without one there is the API alone
        self.patience_ms = patience_ms  # of the API with the database: a busy machine is no fault of the API's
        self.api = self.web = None
        self.users = {}

    def __enter__(self):
        # asked to end, everything ends
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        shutil.rmtree(self.directory, ignore_errors=True)
        self.directory.mkdir(parents=True)
        self.directory.chmod(0o755)
        try:
            self.make_database()
            self.make_place()
            self.start_api()
            self.start_web()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in (self.web, self.api):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.database.stop()

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    # --- making it ---------------------------------------------------------------

    def make_database(self):
        self.database.make(self.conf)
        if not self.database.start():
            raise RuntimeError(f"PostgreSQL does not start:\n{self.database.told()}")
        self.database.must("createdb", "bank")
        self.database.environment["PGDATABASE"] = "bank"
        self.database.must(ROOT / "bank/source/migrate", "-d", "bank")
        self.database.must(ROOT / "bank/generator/generate.py", "load", "--scale", self.scale, "--jobs", "1", "--dsn", "dbname=bank")

    def make_place(self):
        subprocess.run(["make", "-s", "-C", ROOT / "webapp/api"], check=True, stdout=subprocess.DEVNULL)
        database = f"host={self.database.directory} port=5432 dbname=bank user=bank_app"
        subprocess.run(
            [ROOT / "webapp/place", self.place, "--database", database, "--port", str(self.port), "--workers", str(self.workers),
             "--bank-name", "Test Bank", *(["--pages", self.pages] if self.pages else []), *(["--owner", OWNER, "--web-owner", WEB_OWNER] if os.geteuid() == 0 else [])],
            check=True,
        )
        with open(self.place / "api.conf", "a") as conf:
            conf.write(f"database_timeout_ms = {self.patience_ms}\n")
        if PROGRAM:
            shutil.copy(PROGRAM, self.place / "bank-api")
            with open(self.place / "api.conf", "a") as conf:
                conf.write("sandbox = off\n")
        self.database.must(
            ROOT / "webapp/users", "--dsn", "dbname=bank", "--config", self.place / "api.conf", "--out", self.place / "users",
            "--customers", self.customers, "--staff", self.staff,
        )
        self.users = {user["login"]: user for user in read_users(self.place / "users")}

    def start(self, name, *command, owner=OWNER, log=None):
        """A program of the online bank, as its owner; its log is NAME.log, or goes elsewhere."""
        owner = {"user": owner, "group": owner, "extra_groups": []} if os.geteuid() == 0 else {}
        with open(self.directory / f"{name}.log", "ab") as file:
            log = file if log is None else log
            return subprocess.Popen(
                [str(word) for word in command], cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **owner
            )

    def start_api(self):
        self.api = self.start("api", self.place / "bank-api", "--config", self.place / "api.conf")
        until(lambda: self.answers_at(self.place / "run/api.sock"), 10, f"the API (see {self.directory}/api.log)")

    def start_web(self):
        self.web = self.start("web", "/usr/sbin/nginx", "-e", "stderr", "-p", self.place, "-c", self.place / "nginx.conf", owner=WEB_OWNER)
        until(self.is_ready, 10, f"the web server (see {self.directory}/web.log)")

    @staticmethod
    def answers_at(path):
        with socket.socket(socket.AF_UNIX) as s, contextlib.suppress(OSError):
            s.connect(str(path))
            return True
        return False

    def is_ready(self):
        with contextlib.suppress(OSError), contextlib.closing(self.client(timeout=2)) as client:
            return client.request("GET", "/readyz")[0] == 200
        return False

    # --- using it ----------------------------------------------------------------

    def client(self, source=None, timeout=30, cookies=None):
        """A client; with another one's cookies it is of the same session, on a connection of its own."""
        client = Client(self.url, self.place / "ca.pem", source, timeout)
        client.cookies = dict(cookies or {})
        return client

    def signed_in(self, login, **options):
        """A client of somebody; RuntimeError if they cannot sign in."""
        client = self.client(**options)
        status, answer = client.login(self.users[login])
        if status != 200:
            raise RuntimeError(f"{login} cannot sign in: {status} {answer}")
        return client

    def database_connection(self, role="postgres"):
        """One that commits by itself; as the superuser unless told otherwise."""
        connection = psycopg2.connect(host=str(self.database.directory), port=5432, dbname="bank", user=role)
        connection.autocommit = True
        return connection

    def sql(self, query, *args, role="postgres"):
        """Rows of a query, committed; as the superuser unless told otherwise."""
        with contextlib.closing(self.database_connection(role)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(query, args or None)
                return cursor.fetchall() if cursor.description else []

    def tls_context(self):
        """What trusts this place's authority, and nothing else."""
        return ssl.create_default_context(cafile=self.place / "ca.pem")

    def routes(self):
        """The program's table of routes and fields."""
        return json.loads(subprocess.run([self.place / "bank-api", "--routes"], stdout=subprocess.PIPE, check=True).stdout)

    def recorded(self, event):
        """How often an event is in the audit trail."""
        return self.sql("SELECT count(*) FROM bank_online.audit_event WHERE event = %s", event)[0][0]

    def master(self):
        """The process id of the API's master."""
        return self.api.pid

    def workers_of(self, pid, name="bank-api-worker"):
        """Process ids of the API's workers, or of other children of its master."""
        found = []
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(OSError):  # it may end meanwhile
                if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name:
                    found.append(int(child))
        return found

    def kill_database(self):
        """kill -9 of PostgreSQL, of every process: sessions would live on for a while."""
        postmaster = self.database.postmaster()
        children = pathlib.Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def start_database(self):
        """Up again after kill_database(): its number may still be in use, by itself, until somebody asks what became of it."""
        for lock in (self.database.data / "postmaster.pid", self.database.directory / ".s.PGSQL.5432.lock"):
            lock.unlink(missing_ok=True)
        until(self.database.start, 60, "PostgreSQL")

    def metric(self, name):
        """A number of the API's metrics, with its labels if it has any."""
        with contextlib.closing(self.client()) as client:
            text = client.request("GET", "/metrics")[1].decode()
        return next((float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name + " ")), None)

    def log(self, name="api"):
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def accounts(self, client, currency="RUB"):
        """Accounts of whoever has signed in that may be debited, richest first."""
        found = [a for a in client.get("/accounts")[1]["items"] if a["currency_code"] == currency and a["may_debit"]]
        return sorted((a for a in found if a["status"] == "active"), key=lambda a: -a["available_minor"])

    # --- changing it for a while -------------------------------------------------

    @contextlib.contextmanager
    def step_up_above(self, amount, currency="RUB"):
        """Another amount above which a further code is asked for."""
        change = "UPDATE bank_online.step_up_limit SET amount_minor = %s WHERE currency_code = %s"
        before = self.sql("SELECT amount_minor FROM bank_online.step_up_limit WHERE currency_code = %s", currency)[0][0]
        self.sql(change, amount, currency)
        try:
            yield
        finally:
            self.sql(change, before, currency)

    @contextlib.contextmanager
    def without(self, function):
        """The database lacks a function, given as schema.name(types): it is schema.name_kept(types) meanwhile."""
        schema, _, rest = function.partition(".")
        name, _, types = rest.partition("(")
        self.sql(f"ALTER FUNCTION {function} RENAME TO {name}_kept")
        try:
            yield
        finally:
            self.sql(f"ALTER FUNCTION {schema}.{name}_kept({types} RENAME TO {name}")

    @contextlib.contextmanager
    def other_statement(self, body, language="sql STABLE"):
        """Another body of bank.statement(p_account, p_from, p_to)."""
        function = "bank.statement(bigint, date, date)"
        columns = self.sql(f"SELECT pg_get_function_result('{function}'::regprocedure)")[0][0]
        with self.without(function):
            self.sql(f"CREATE FUNCTION bank.statement(p_account bigint, p_from date, p_to date) RETURNS {columns} LANGUAGE {language}"
                     f" AS $body$ {body} $body$; GRANT EXECUTE ON FUNCTION {function} TO bank_app")
            try:
                yield
            finally:
                self.sql(f"DROP FUNCTION {function}")
