"""A bank online, to throw away: PostgreSQL with generated data, the API's processes, nginx with TLS before them; and a client."""

import base64
import collections
import datetime
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import secrets
import shutil
import ssl
import subprocess
import sys
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test" / "lib"))
from throwaway import Throwaway  # noqa: E402

HOME = pathlib.Path(os.environ.get("DV_HOME") or ROOT / "var").resolve()
#: another build of it: under sanitizers, say, which the sandbox would hinder
PROGRAM = pathlib.Path(os.environ.get("BANK_API") or ROOT / "webapp/api/build/bank-api").resolve()
SANDBOX = "off" if "BANK_API" in os.environ else "on"
SETTINGS = """\
wal_level = logical
shared_preload_libraries = 'datavault'
shared_buffers = 128MB
max_connections = 60
fsync = off
timezone = UTC
"""
WAIT = 30


def until(check, what):
    """Wait for an outcome, within a bound; what it was."""
    end = time.monotonic() + WAIT
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise RuntimeError(f"{what}: not within {WAIT} s")
        time.sleep(0.05)


def code_at(seed, step):
    """RFC 6238, written a second time."""
    mac = hmac.new(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7FFFFFFF) % 1000000:06d}"


Process = collections.namedtuple("Process", "pid status")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body) if self.body else None

    @property
    def code(self):
        """Of a problem; None if it is none."""
        return self.json.get("code") if self.headers.get("Content-Type") == "application/problem+json" else None

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """A browser of one user: keeps cookies, answers codes."""

    def __init__(self, site, user=None):
        self.site, self.user, self.cookies = site, user, {}
        self.connection = None

    def ask(self, method, path, body=None, headers=None):
        """One request below /api/v1."""
        if self.connection is None:
            self.connection = http.client.HTTPSConnection("127.0.0.1", self.site.port, context=self.site.tls, timeout=30)
        words = {"Sec-Fetch-Site": "same-origin"} | (headers or {})
        if self.cookies:
            words["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        data = None
        if method != "GET" and (body is not None or method == "POST"):
            words["Content-Type"] = "application/json"
            data = json.dumps(body if body is not None else {})
        try:
            self.connection.request(method, path if path.startswith("/api") else "/api/v1" + path, data, words)
            got = self.connection.getresponse()
            answer = Answer(got.status, got.headers, got.read())
        except (http.client.HTTPException, OSError):
            self.connection.close()
            self.connection = None
            raise
        for cookie in got.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        return answer

    def get(self, path):
        return self.ask("GET", path)

    def post(self, path, body=None):
        return self.ask("POST", path, body)

    def patch(self, path, body):
        return self.ask("PATCH", path, body)

    def delete(self, path):
        return self.ask("DELETE", path)

    def login(self):
        """Sign in; the code of the present step, which the database is told to forget afterwards."""
        self.site.sql("UPDATE bank_online.app_user SET totp_last_step = 0 WHERE login = %s", (self.user["login"],))
        code = code_at(self.user["totp_secret"], int(time.time()) // 30)
        return self.post("/login", {"login": self.user["login"], "password": self.user["password"], "code": code})

    def step_up(self):
        """A further code."""
        self.site.sql("UPDATE bank_online.app_user SET totp_last_step = 0 WHERE login = %s", (self.user["login"],))
        return self.post("/step-up", {"code": code_at(self.user["totp_secret"], int(time.time()) // 30)})

    def step_down(self):
        """As if the minutes of the further code were over."""
        self.site.sql("UPDATE bank_online.session SET step_up_until = NULL WHERE user_id = (SELECT user_id FROM bank_online.app_user"
                      " WHERE login = %s) AND ended_at IS NULL", (self.user["login"],))


class Site:
    """Everything that runs, in one directory."""

    def __init__(self, directory, port, scale="0.02"):
        self.directory, self.port, self.scale = pathlib.Path(directory), port, scale
        self.server = Throwaway(HOME / "pg" / "bin", self.directory / "pg")
        self.children = []
        self.tls = None
        self.connection = None
        self.users = []

    def sql(self, text, parameters=None):
        """Rows of a statement, as the superuser."""
        if self.connection is None or self.connection.closed:
            self.connection = psycopg2.connect(host=self.server.directory, port=5432, user="postgres", dbname="bank")
            self.connection.autocommit = True
        with self.connection.cursor() as cursor:
            cursor.execute(text, parameters)
            return cursor.fetchall() if cursor.description else []

    def one(self, text, parameters=None):
        rows = self.sql(text, parameters)
        return rows[0][0] if rows else None

    def make_database(self):
        self.server.make(SETTINGS)
        if not self.server.start():
            raise RuntimeError(self.server.told())
        self.server.must("createdb", "bank")
        self.server.must(ROOT / "bank/source/migrate", "-q", "-d", "bank")
        self.server.must(ROOT / "bank/generator/generate.py", "load", "--seed", "1", "--scale", self.scale, "--jobs", "2",
                         "--dsn", f"host={self.server.directory} port=5432 user=postgres dbname=bank")

    def make_keys(self):
        """A local authority, and the server's certificate by it."""
        here = {"cwd": self.directory, "check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        subprocess.run(["openssl", "req", "-x509", *new, "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem"], **here)
        subprocess.run(["openssl", "req", *new, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"], **here)
        (self.directory / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        subprocess.run(["openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                        "-out", "server.pem", "-extfile", "names"], **here)
        self.tls = ssl.create_default_context(cafile=self.directory / "ca.pem")

    def configure(self):
        for name, text in (("seal", secrets.token_hex(32)), ("password", "x")):
            (self.directory / name).write_text(text)
            (self.directory / name).chmod(0o600)
        (self.directory / "api.conf").write_text(
            f"socket = {self.directory}/api.sock\nhasher_socket = {self.directory}/hasher.sock\n"
            f"database = host={self.server.directory} port=5432 dbname=bank user=bank_app\n"
            f"database_password_file = {self.directory}/password\nseal_key_file = {self.directory}/seal\n"
            f"origin = https://127.0.0.1:{self.port}\nbank_name = Test Bank\nworkers = 4\nsandbox = {SANDBOX}\n")
        for part in ("secret/web", "tmp", "run"):
            (self.directory / part).mkdir(parents=True)
        for name in ("server.pem", "server.key"):
            shutil.copy(self.directory / name, self.directory / "secret/web" / name)
        for name in ("nginx.conf", "fastcgi.conf"):
            text = (ROOT / f"webapp/conf/{name}.in").read_text()
            for mark, value in (("@DV_VAR@/run/api.sock", f"{self.directory}/api.sock"), ("@DV_VAR@", self.directory),
                                ("@RUN@", self.directory), ("@DV_WEB_PORT@", self.port)):
                text = text.replace(mark, str(value))
            if os.geteuid() == 0:
                text = "user root;\n" + text if name == "nginx.conf" else text
            (self.directory / name).write_text(text)

    def spawn(self, name, *words):
        with open(self.directory / f"{name}.log", "a") as log:
            self.children.append(subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log))
        return self.children[-1]

    def ready(self):
        try:
            return Client(self).ask("GET", "/api/v1/session").status == 401
        except OSError:
            return False

    def up(self, customers=3, staff=1):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        self.make_database()
        self.make_keys()
        self.configure()
        self.server.must(ROOT / "webapp/users", "--dsn", f"host={self.server.directory} port=5432 user=bank_core dbname=bank",
                         "--config", self.directory / "api.conf", "--out", self.directory / "users", "--customers", customers, "--staff", staff)
        self.users = [json.loads(line) for line in (self.directory / "users").read_text().splitlines()]
        self.spawn("api", PROGRAM, "--config", self.directory / "api.conf")
        until((self.directory / "api.sock").exists, "the API's socket")
        self.spawn("nginx", "nginx", "-c", self.directory / "nginx.conf", "-p", self.directory)
        until(self.ready, "the API through nginx")

    def client(self, login):
        """A browser of a user, signed in."""
        client = Client(self, next(user for user in self.users if user["login"] == login))
        answer = client.login()
        if answer.status != 200:
            raise RuntimeError(f"login of {login}: {answer}")
        return client

    def workers(self):
        """The API's workers: process ids, and what the kernel says of each."""
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/status"):
            try:
                status = dict(line.split(":", 1) for line in path.read_text().splitlines())
            except (OSError, ValueError):
                continue
            if status["Name"].strip() == "bank-api-worker"[:15] and int(status["PPid"]) == self.children[0].pid:
                found.append(Process(int(status["Pid"]), {name: value.strip() for name, value in status.items()}))
        return found

    def down(self):
        for child in reversed(self.children):
            child.terminate()
        for child in self.children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.server.stop()

    def log(self):
        """What the API's processes wrote."""
        path = self.directory / "api.log"
        return path.read_text(errors="replace").splitlines() if path.exists() else []

    def today(self):
        return datetime.date.fromisoformat(str(self.one("SELECT CURRENT_DATE")))
