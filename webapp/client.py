"""A client of the online bank's API in Python: for the generator, tests and measurements.

    bank = Client("https://127.0.0.1:56443", "var/online/ca.pem")
    bank.login(user)                      # a line of webapp/users
    status, answer = bank.get("/accounts")
    status, answer = bank.post("/transfers", transfer_uuid=…, …)

One connection, kept. A request whose answer was lost raises OSError: whether it was carried out is not known. Whoever makes transfers asks again
with the same transfer_uuid.
"""

import base64
import hashlib
import hmac
import http.client
import http.cookies
import json
import ssl
import struct
import time
import urllib.parse

STEP = 30
#: the last step that was used, by seed: none is good twice
used = {}


def code_of(secret, step):
    """The one-time code of a step (RFC 6238, SHA-1, six digits); secret in base32."""
    digest = hmac.digest(base64.b32decode(secret), struct.pack(">q", step), hashlib.sha1)
    offset = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


def fresh_code(user):
    """
    A code that this process has not used yet: the server takes that of the step before and of the one after as well. When they are
    used up, a recovery code, and when there is none left, that of the next step, once it has come.
    """
    secret = user["totp_secret"]
    while True:
        now = int(time.time()) // STEP
        # the step before, unless it is over before the server has looked
        step = max(used.get(secret, 0) + 1, int(time.time() + 5) // STEP - 1)
        if step <= now + 1:
            used[secret] = step
            return code_of(secret, step)
        if user["recovery_codes"]:
            return user["recovery_codes"].pop()
        time.sleep((step - 1) * STEP - time.time() + 0.1)


class Client:
    """A browser's worth of the API: cookies, and a connection that is kept."""

    def __init__(self, url, ca, source=None, timeout=30):
        parts = urllib.parse.urlsplit(url)
        self.prefix = "/api/v1"
        self.host, self.port = parts.hostname, parts.port
        self.context = ssl.create_default_context(cafile=ca)
        self.source = (source, 0) if source else None
        self.timeout = timeout
        self.connection = None
        self.cookies = {}
        self.headers = {}  # of the last answer

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None

    def request(self, method, path, body=None, headers=None):
        """Any request; (status, bytes). body: bytes, or None. Headers are added to ours, or replace them."""
        own = {"User-Agent": "bank-client"}
        if self.cookies:
            own["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            own["Content-Type"] = "application/json"
        if self.connection is None:
            self.connection = http.client.HTTPSConnection(
                self.host, self.port, timeout=self.timeout, context=self.context, source_address=self.source
            )
        try:
            self.connection.request(method, path, body, own | (headers or {}))
            answer = self.connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise OSError(f"{method} {path}: {error or type(error).__name__}") from error
        self.headers = answer.headers
        for line in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return answer.status, content

    def call(self, method, path, fields=None, headers=None):
        """A route below /api/v1; (status, the answer decoded, None if it has no body)."""
        body = None if fields is None else json.dumps(fields).encode()
        status, content = self.request(method, self.prefix + path, body, headers)
        return status, json.loads(content) if content and "json" in self.headers.get("Content-Type", "") else content or None

    def get(self, path, **query):
        return self.call("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))

    def post(self, path, **fields):
        return self.call("POST", path, fields)

    def patch(self, path, **fields):
        return self.call("PATCH", path, fields)

    def delete(self, path):
        return self.call("DELETE", path)

    def login(self, user, code=None, tries=1):
        """
        Sign in as a line of webapp/users; (status, answer). Without a code one is made, and up to `tries` more if somebody else had used that.
        """
        for _ in range(tries):
            status, answer = self.post("/login", login=user["login"], password=user["password"], code=code or fresh_code(user))
            if status != 401:
                break
        return status, answer

    def step_up(self, user):
        return self.post("/step-up", code=fresh_code(user))


def read_users(path):
    """What webapp/users wrote."""
    with open(path) as file:
        return [json.loads(line) for line in file]
