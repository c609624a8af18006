"""27 to 31, transport and browser: TLS, headers, the content security policy, what is kept."""

import contextlib
import json
import re
import socket
import ssl
import warnings

from .common import raw_exchange, requirement, shown


@requirement(27, "TLS 1.2 and 1.3 only")
def tls(tap, bank):
    def connects(version):
        context = bank.tls_context()
        context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
        try:
            with socket.create_connection(("127.0.0.1",
                                           bank.port)) as raw, context.wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
                return wrapped.version(), wrapped.cipher()[0]
        except (ssl.SSLError, OSError):
            return None

    warnings.simplefilter("ignore", DeprecationWarning)
    tap.equal([connects(version) for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)], [None, None], "27: not 1.0, not 1.1")
    modern = [connects(version) for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)]
    tap.ok(all(modern) and all(re.search("GCM|CHACHA20", cipher) for _, cipher in modern), "27: 1.2 and 1.3, with authenticated ciphers",
           modern)
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", bank.port)) as raw:
        raw.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = raw.recv(1000)
        tap.ok(b" 400 " in answer and b"healthy" not in answer, "27: nothing without TLS", answer[:100])


#: header -> what its value has
HEADERS = {
    "strict-transport-security": "max-age=31536000", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer",
    "content-security-policy": "frame-ancestors 'none'", "x-frame-options": "DENY",
}


@requirement(28, "security headers on every answer, errors too")
def headers(tap, bank):
    client = bank.signed_in("customer1")
    cases = [("GET", "/api/v1/accounts", None, 200), ("GET", "/healthz", None, 200), ("GET", "/api/v1/none", None, 404),
             ("GET", "/assets/none", None, 404), ("GET", "/", None, 200), ("GET", "/api", None, 404),
             ("PUT", "/api/v1/accounts", None, 405),
             ("POST", "/api/v1/transfers", b"{", 400), ("POST", "/api/v1/transfers", b"x" * 20000, 413),
             ("GET", "/api/v1/accounts?" + "x" * 3000, None, 414), ("GET", "/api/v1/" + "x" * 9000, None, 414),
             ("GET", "/api/v1/" + "x" * 4800, None, 414), ("HEAD", "/api/v1/accounts", None, 200), ("HEAD", "/healthz", None, 200),
             ("GET", "/@bad_request", None, 404)]
    for method, path, body, wanted in cases:
        status, _ = client.request(method, path, body)
        missing = [name for name, value in HEADERS.items() if value not in client.headers.get(name, "")
                   or len(client.headers.get_all(name)) != 1]
        tap.equal((status, missing), (wanted, []), f"28: {method} {path[:30]} {len(path)} characters")
    tap.ok("nginx/" not in client.headers.get("server", ""), "28: no version is told")
    malformed(tap, bank)
    hosts(tap, bank)


def malformed(tap, bank):
    """Requests that are none."""
    for line, wanted in ((b"OPTIONS * HTTP/1.1", 400), (b"CONNECT 127.0.0.1:1 HTTP/1.1", 400), (b"GET /api/v1/a%00 HTTP/1.1", 400),
                         (b"G@T / HTTP/1.1", 400), (b"get /healthz HTTP/1.1", 400), (b"GET /%zz HTTP/1.1", 400),
                         (b"GET /healthz HTTP/3.1", 400),
                         (b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 9000, 400), (b"GET /" + b"x" * 5000 + b" HTTP/1.1", 414),
                         (b"POST /api/v1/login HTTP/1.1\r\nTransfer-Encoding: xchunked", 400)):
        answer = raw_exchange(bank, line + b"\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        is_refused(tap, answer, wanted, f"28: {line[:40].decode().splitlines()[0]}")


def hosts(tap, bank):
    """Requests that are none of this bank's."""
    def ask(header):
        return raw_exchange(bank, b"GET /healthz HTTP/1.1\r\n" + header + b"\r\nConnection: close\r\n\r\n")

    for header in (b"Host: evil.example", b"Host: 127.0.0.1.evil.example", b"Host: 127.0.0.2", b"Host: x", b"X: no host"):
        answer = ask(header)
        is_refused(tap, answer, 400, f"28: {header.decode()} is not this bank's")
        tap.ok(b"evil" not in answer, "28: and is not repeated")
    for name in (b"127.0.0.1:1", b"localhost", b"LOCALHOST"):
        answer = ask(b"Host: " + name)
        tap.ok(answer.startswith(b"HTTP/1.1 200 "), f"28: {name.decode()} is", answer[:100])


def is_refused(tap, answer, status, name):
    """An answer as it came over the line is a problem of ours of that status, with all headers."""
    head, _, body = answer.partition(b"\r\n\r\n")
    head = head.decode(errors="replace").lower()
    missing = [header for header, value in HEADERS.items() if head.count(f"\n{header}: ") != 1 or value.lower() not in head]
    with contextlib.suppress(ValueError):
        body = json.loads(body)
    tap.ok(head.startswith(f"http/1.1 {status} ") and "\ncontent-type: application/problem+json" in head and isinstance(body, dict)
           and body["status"] == status and not missing, f"{name}: {status}", answer[:300], missing)


@requirement(29, "content security policy without unsafe-inline, no violation")
def content_policy(tap, bank):
    shown(tap, bank, "29:")


@requirement(30, "nothing is kept: no-store, and Clear-Site-Data at logout")
def no_store(tap, bank):
    client = bank.signed_in("customer1")
    for path in ("/accounts", "/session", "/accounts/1", "/none"):
        client.get(path)
        tap.equal(client.headers.get("cache-control"), "no-store", f"30: {path}")
    client.call("POST", "/logout", {})
    tap.ok("storage" in client.headers.get("clear-site-data", ""), "30: a logout clears")


@requirement(31, "nothing sensitive in URLs or web storage")
def web_storage(tap, bank):
    shown(tap, bank, "31:")
