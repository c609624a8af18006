"""The online bank as the functions' cases see it: a browser that answers in one object, and a few shortcuts to what is behind."""

import datetime
import http.client
import json
import time

from online_bank import PROGRAM, OnlineBank

from client import STEP, code_of

#: whether the program is the usual one; another build, under sanitizers say, is hindered by the sandbox
SANDBOXED = PROGRAM is None


def present_code(user):
    """The one-time code of the present step."""
    return code_of(user["totp_secret"], int(time.time()) // STEP)


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

    def __iter__(self):
        """Status and content: as the plain client answers."""
        return iter((self.status, self.json if "json" in self.headers.get("Content-Type", "") else self.body))

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """A browser of one user: keeps cookies, answers codes."""

    def __init__(self, site, user=None):
        self.site, self.user, self.cookies = site, user, {}
        self.connection, self.asked = None, 0

    def ask(self, method, path, body=None, headers=None):
        """One request below /api/v1."""
        # the web server closes what is idle for a minute
        if self.connection and time.monotonic() - self.asked > 30:
            self.connection.close()
            self.connection = None
        self.asked = time.monotonic()
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
        """Sign in, with the code of the present step."""
        self.site.forget_codes(self.user)
        return self.post("/login", {"login": self.user["login"], "password": self.user["password"], "code": present_code(self.user)})

    def step_up(self):
        """A further code."""
        self.site.forget_codes(self.user)
        return self.post("/step-up", {"code": present_code(self.user)})

    def step_down(self):
        """As if the minutes of the further code were over."""
        self.site.sql("UPDATE bank_online.session SET step_up_until = NULL WHERE user_id = (SELECT user_id FROM bank_online.app_user"
                      " WHERE login = %s) AND ended_at IS NULL", (self.user["login"],))


class Site:
    """An OnlineBank with one connection to its database."""

    def __init__(self, directory):
        self.bank = OnlineBank(directory, customers=3, workers=4)
        self.port = self.bank.port
        self.tls = None
        self.connection = None

    @property
    def program(self):
        return self.bank.place / "bank-api"

    @property
    def configuration(self):
        return self.bank.place / "api.conf"

    def up(self):
        self.bank.__enter__()
        self.tls = self.bank.tls_context()

    def down(self):
        self.bank.__exit__()

    def sql(self, text, parameters=None):
        """Rows of a statement, as the superuser."""
        if self.connection is None or self.connection.closed:
            self.connection = self.bank.database_connection()
        with self.connection.cursor() as cursor:
            cursor.execute(text, parameters)
            return cursor.fetchall() if cursor.description else []

    def one(self, text, parameters=None):
        rows = self.sql(text, parameters)
        return rows[0][0] if rows else None

    def client(self, login):
        """A browser of a user, signed in."""
        client = Client(self, self.bank.users[login])
        answer = client.login()
        if answer.status != 200:
            raise RuntimeError(f"login of {login}: {answer}")
        return client

    def forget_codes(self, user):
        """The code of the present step is as good as new."""
        self.sql("UPDATE bank_online.app_user SET totp_last_step = 0 WHERE login = %s", (user["login"],))

    def forget_tries(self):
        """Nobody has tried anything too often."""
        self.sql("DELETE FROM bank_online.throttle")

    def workers(self):
        """Process ids of the API's workers."""
        return self.bank.workers_of(self.bank.master())

    def log(self):
        """What the API's processes wrote."""
        return self.bank.log().splitlines()

    def today(self):
        return datetime.date.fromisoformat(str(self.one("SELECT CURRENT_DATE")))
