"""What bench/web measures: a bank with customers, webapp/api and kinds of the Django peer on it, behind one nginx."""

import contextlib
import functools
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import ssl
import subprocess
import sys
import time

import psycopg2

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from run_common import ROOT, bank, say  # noqa: E402

sys.path.insert(0, str(ROOT / "webapp"))
from client import STEP, code_of  # noqa: E402

__all__ = ["CUSTOMERS", "PLACE", "Site", "query", "until"]

PLACE = ROOT / "var" / "bench-web"
ONLINE = PLACE / "online"
PEER = ROOT / "bench" / "peers" / "django"
CUSTOMERS = 64
SECONDS_TO_START = 20
#: where a kind of the peer is: the same server of nginx, so the same TLS and headers, those that Django gives besides dropped
PEER_UPSTREAM = """
	upstream @KIND@ {
		server unix:@ONLINE@/run/@KIND@.sock;
		keepalive 32;
	}
"""
PEER_LOCATION = """
		location /@KIND@/ {
			proxy_pass http://@KIND@/;
			proxy_http_version 1.1;
			proxy_set_header Connection "@CONNECTION@";
			proxy_set_header Host $host;
			proxy_set_header X-Real-IP $remote_addr;
			proxy_set_header X-Request-Id $request_id;
			proxy_connect_timeout 2s;
			proxy_send_timeout 10s;
			proxy_read_timeout 15s;
			proxy_next_upstream off;
			proxy_buffer_size 32k;
			proxy_buffers 16 8k;
			proxy_hide_header X-Content-Type-Options;
			proxy_hide_header X-Frame-Options;
			proxy_hide_header Referrer-Policy;
			proxy_hide_header Cross-Origin-Opener-Policy;
		}
"""


def query(text, *arguments, every=False):
    """One row of the bank, as its superuser, or every row."""
    with psycopg2.connect("") as con, con.cursor() as cursor:
        cursor.execute(text, arguments or None)
        if cursor.description is None:
            return None
        return cursor.fetchall() if every else cursor.fetchone()


def settings():
    """As stack/tune sizes a source for this machine, but without a checkpoint in the middle of some round."""
    tuned = subprocess.run([ROOT / "stack" / "tune", "source"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return f"{tuned}\ncheckpoint_timeout = 1h\n"


def until(what, told):
    """Wait for something to become true; the run ends if it does not."""
    end = time.monotonic() + SECONDS_TO_START
    while not what():
        if time.monotonic() > end:
            sys.exit(f"web: {told}")
        time.sleep(0.05)


class Site:
    """Everything that runs, and how to reach it."""

    def __init__(self, port, entries, kinds):
        self.port, self.entries, self.api_workers = port, entries, 0
        #: kinds of the peer, and whether nginx keeps its connections to them
        self.kinds = dict.fromkeys(kinds, False)
        self.running = {}
        self.server = None
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.users = []
        self.venv = pathlib.Path(os.environ.get("DV_HOME") or ROOT / "var").resolve() / "peers" / "django"

    # what there is -------------------------------------------------------------------------------------------------------

    def make(self):
        """The bank, its customers, keys and directories."""
        subprocess.run([PEER / "install", self.venv], check=True)
        subprocess.run(["make", "-s", "-C", ROOT / "webapp/api"], check=True)
        self.server = bank(PLACE, settings())
        (PLACE / "logs").mkdir(parents=True, exist_ok=True)
        self.load()
        self.configure()
        self.make_users()

    def load(self):
        """A ledger, and nobody without money."""
        begun = time.monotonic()
        subprocess.run([ROOT / "bank/generator/generate.py", "load", "--seed", "1", "--entries", str(self.entries), "--customers",
                        str(max(self.entries // 100, 300)), "--dsn", "dbname=bank"], check=True, stdout=subprocess.DEVNULL)
        say(f"{self.entries:,} entries loaded in {time.monotonic() - begun:.0f} s")
        query("UPDATE bank.account SET overdraft_limit_minor = 1000000000000 WHERE currency_code = 'RUB'")

    def configure(self):
        """The place of the online bank, and in its nginx also the peers."""
        subprocess.run(
            [ROOT / "webapp/place", ONLINE, "--database", f"host={PLACE} port=5432 dbname=bank user=bank_app", "--port", str(self.port),
             "--workers", str(self.api_workers), *(["--owner", self.user.pw_name] if os.geteuid() == 0 else [])],
            check=True)
        conf = ONLINE / "nginx.conf"
        text = conf.read_text()
        for kind, kept in self.kinds.items():
            for before, more in (("\tserver {\n", PEER_UPSTREAM), ("\t\tlocation = /healthz", PEER_LOCATION)):
                for word, value in (("KIND", kind), ("ONLINE", str(ONLINE)), ("CONNECTION", "" if kept else "close")):
                    more = more.replace(f"@{word}@", value)
                text = text.replace(before, more.lstrip("\n") + "\n" + before, 1)
        conf.write_text(text)

    def make_users(self):
        """Online access for the customers, one more for each peer's own login; and an account of each."""
        out = PLACE / "users"
        subprocess.run([ROOT / "webapp/users", "--dsn", "dbname=bank user=bank_core", "--config", ONLINE / "api.conf", "--out", out,
                        "--customers", str(CUSTOMERS + len(self.kinds)), "--staff", "0"], check=True)
        accounts = {party: (account, number, entries) for party, account, number, entries in query("""
            SELECT DISTINCT ON (h.party_id) h.party_id, a.account_id, a.account_no, b.entry_count
            FROM bank.account AS a JOIN bank.account_holder AS h ON h.account_id = a.account_id
            JOIN bank.account_balance AS b ON b.account_id = a.account_id
            WHERE h.role = 'owner' AND h.valid_to IS NULL AND a.status = 'active' AND a.currency_code = 'RUB'
            ORDER BY h.party_id, b.entry_count DESC""", every=True)}
        self.users = [json.loads(line) for line in out.read_text().splitlines()]
        for user in self.users:
            user["account"], user["account_no"], user["entries"] = accounts[user["party_id"]]
        few = sum(user["entries"] < 50 for user in self.users[:CUSTOMERS])
        if few == CUSTOMERS or len(self.users) != CUSTOMERS + len(self.kinds):
            sys.exit("web: no customer has a page of 50")
        if few:
            say(f"{few} of the customers have less than 50 entries: pages are the others'")

    # what runs -----------------------------------------------------------------------------------------------------------

    def start(self, name, command, **environment):
        """Run something as the server's user, its output in a log."""
        more = {} if os.geteuid() else {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}
        with open(PLACE / "logs" / name, "ab") as log:
            self.running[name] = subprocess.Popen(
                [str(word) for word in command], cwd=PEER if name in self.kinds else PLACE, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(PLACE), **environment}, **more)

    def stop(self, name):
        """End what start() began, and wait for it."""
        process = self.running.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def start_api(self, workers):
        """The API with so many workers, in place of the one that runs; nginx before it."""
        self.stop("api")
        self.api_workers = workers
        self.configure()
        self.start("api", [ONLINE / "bank-api", "--config", ONLINE / "api.conf"])
        if "nginx" not in self.running:
            self.start("nginx", ["/usr/sbin/nginx", "-e", "stderr", "-p", ONLINE, "-c", ONLINE / "nginx.conf"])
        until(lambda: self.answers("/readyz"), f"the API does not answer: {PLACE}/logs")

    def start_peer(self, kind, workers, threads):
        """A kind of the peer with so many workers; in place of the one that runs. Threads above 1: gthread, with nginx's connections kept."""
        self.stop(kind)
        metrics = PLACE / f"{kind}-metrics"
        shutil.rmtree(metrics, ignore_errors=True)
        metrics.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(metrics, self.user.pw_uid, self.user.pw_gid)
        self.kinds[kind] = threads > 1
        self.configure()
        self.running["nginx"].send_signal(signal.SIGHUP)
        self.start(kind, [self.venv / "bin/gunicorn", "-c", PEER / "gunicorn.conf.py"], PEER_SOCKET=str(ONLINE / f"run/{kind}.sock"),
                   PEER_WORKERS=str(workers), PEER_THREADS=str(threads), PEER_CLASS="gthread" if threads > 1 else "sync",
                   PEER_KIND=kind, PROMETHEUS_MULTIPROC_DIR=str(metrics),
                   PEER_DB_HOST=str(PLACE), PEER_SEAL_KEY_FILE=str(ONLINE / "secret/seal"), PEER_ORIGIN=f"https://127.0.0.1:{self.port}",
                   PYTHONDONTWRITEBYTECODE="1")
        until(lambda: (ONLINE / f"run/{kind}.sock").exists() and self.answers(f"/{kind}/api/v1/accounts/1/balance", 401)
              and len(self.workers(kind)) == workers, f"the peer does not answer: {PLACE}/logs/{kind}")

    def remove(self):
        """Everything down, and gone."""
        for name in ("nginx", *self.kinds, "api"):
            self.stop(name)
        if self.server:
            self.server.remove()
        shutil.rmtree(PLACE, ignore_errors=True)

    # how it is reached ---------------------------------------------------------------------------------------------------

    @functools.cached_property
    def tls(self):
        """Whom we trust: the place's own authority."""
        return ssl.create_default_context(cafile=ONLINE / "ca.pem")

    def ask(self, method, path, body=None, cookie=None):
        """Status, headers and JSON of an answer."""
        con = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.tls, timeout=10)
        with contextlib.closing(con):
            headers = {name: value for name, value in (("Cookie", cookie), ("Content-Type", body and "application/json")) if value}
            con.request(method, path, body and json.dumps(body), headers)
            answer = con.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text[:1] in (b"{", b"[") else None

    def answers(self, path, status=200):
        """Whether it is this status."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", path)[0] == status
        return False

    def sign_in(self, user, prefix=""):
        """A session of a user: the cookie."""
        status, headers, answer = self.ask("POST", f"{prefix}/api/v1/login", {
            "login": user["login"], "password": user["password"], "code": code_of(user["totp_secret"], int(time.time()) // STEP)})
        if status != 200:
            sys.exit(f"web: login of {user['login']}{' at ' + prefix if prefix else ''}: {status} {answer}")
        return next(value.split(";")[0] for value in headers.get_all("Set-Cookie") if value.startswith("__Host-session="))

    # who works -----------------------------------------------------------------------------------------------------------

    def workers(self, name):
        """Process ids: request workers of api or a peer, nginx's workers."""
        found = []
        for pid in children(self.running[name].pid):
            with contextlib.suppress(OSError):
                if name != "api" or pathlib.Path(f"/proc/{pid}/comm").read_text().strip() == "bank-api-worker":
                    found.append(pid)
        return found

    def processor_micros(self):
        """Processor time so far of each part, in microseconds."""
        return {name: sum(map(process_micros, self.workers(name))) for name in ("nginx", "api", *self.kinds)} | {
            "postgres": sum(map(process_micros, children(self.server.postmaster())))}


def children(parent):
    """Process ids of a process's children."""
    return [int(pid) for pid in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def process_micros(pid):
    """Processor time of a process and all its threads; 0 for one that is gone."""
    total = 0
    with contextlib.suppress(OSError):
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total // 1000
