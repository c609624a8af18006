"""32 to 36, requests as they come in: limits, headers that lie, smuggling, JSON, parsers."""

import contextlib
import json
import os
import re
import subprocess
import time

from load import at_once
from online_bank import ROOT
from problem import is_problem
from processes import memory_of

from .common import counted, raw_exchange, requirement


@requirement(32, "limits on body, fields, page, time")
def limits(tap, bank):
    client = bank.signed_in("customer1")

    def memory():
        return sum(memory_of(pid) for pid in bank.workers_of(bank.master()))

    before = memory()
    large_bodies(tap, bank)
    account = bank.accounts(client)[0]["account_id"]
    tap.equal([client.get(f"/accounts/{account}/transactions", limit=n)[0] for n in (0, 1, 200, 201)], [422, 200, 200, 422],
              "32: a page is 1 to 200 rows")
    many_tries(tap, bank)
    slow_bodies(tap, bank, client)
    after = memory()
    tap.ok(after - before < 8192, "32: memory stays", f"{before} to {after} kB in {bank.workers} workers")


def large_bodies(tap, bank):
    for name, body, wanted in (
        ("10 MB", b"[" + b"1," * 5_000_000 + b"1]", {413}), ("deep JSON", b'{"a":' * 2500 + b"1" + b"}" * 2500, {400, 422}),
        ("16 kB of fields", json.dumps({f"f{n}": n for n in range(1200)}).encode(), {422}),
        ("a long text", json.dumps({"account_no": "1" * 9000}).encode(), {422}),
    ):
        try:
            status = bank.signed_in("customer3").request("POST", "/api/v1/payees", body)[0]
        except OSError:
            status = 413  # closed before all was sent
        tap.ok(status in wanted, f"32: {name}", status)


def login_of_nothing(client):
    return client.request("POST", "/api/v1/login", b"{}")


def many_tries(tap, bank):
    """Many from one address: the web server's fence, beyond which nothing reaches the API."""
    with contextlib.closing(bank.client(source="127.0.32.9")) as many, contextlib.closing(bank.client(source="127.0.32.10")) as another:
        answers = [login_of_nothing(many) for _ in range(500)]
        statuses = [status for status, _ in answers]
        tap.ok(statuses[:200] == [422] * 200 and set(statuses) == {422, 429}, "32: 200 tries at once and 20 a second from one address",
               counted(statuses))
        last = next((answer for status, answer in reversed(answers) if status == 429), b"{}")
        tap.ok(is_problem(json.loads(last), "too_many_tries"), "32: then the same problem as the API's", last)
        while login_of_nothing(many)[0] != 429:
            pass
        tap.equal(many.headers.get_all("retry-after"), ["10"], "32: with the time to wait")
        tap.equal((many.get("/session")[0], login_of_nothing(another)[0]), (401, 422),
                  "32: other requests and other addresses are let through")
        for path in ("/metrics", "/readyz"):
            status, answer = many.request("GET", path)
            tap.ok(status == 403 and is_problem(json.loads(answer), "not_allowed"), f"32: {path} is the machine's own", status,
                   answer[:100])
        tap.equal(many.request("GET", "/healthz")[0], 200, "32: /healthz is everybody's")
        status, answer = many.request("TRACE", "/api/v1/session")
        tap.ok(status == 405 and is_problem(json.loads(answer), "no_such_method"),
               "32: a method that the web server refuses is a problem, too", status, answer[:100])


def slow_bodies(tap, bank, client):
    """Bodies that do not come, and somebody else who asks meanwhile."""
    head = b"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"

    def ask():
        times = []
        for _ in range(20):
            begun = time.monotonic()
            client.get("/session")
            times.append(time.monotonic() - begun)
        return max(times)

    *slow, (longest, _) = at_once([lambda: raw_exchange(bank, head, seconds=30)] * 40 + [ask])
    tap.ok(longest < 1, "32: 40 bodies that do not come keep nobody waiting", f"{longest:.2f} s")
    taken = max(seconds for _, seconds in slow)
    tap.ok(taken < 20, "32: and are cut off", f"{taken:.1f} s")


@requirement(33, "headers that lie are not believed")
def spoofing(tap, bank):
    client = bank.client(source="127.0.33.1")
    client.request("POST", "/api/v1/login", b'{"login": "customer5", "password": "wrong password", "code": "000000"}', {
        "X-Real-IP": "6.6.6.6", "X-Forwarded-For": "6.6.6.6", "X_Real_Ip": "6.6.6.6", "Remote-Addr": "6.6.6.6", "REMOTE_ADDR": "6.6.6.6",
        "X-Request-Id": "forged", "Request-Id": "f" * 32})
    addresses = bank.sql("SELECT DISTINCT host(client_ip) FROM bank_online.audit_event")
    tap.ok(("127.0.33.1",) in addresses and ("6.6.6.6",) not in addresses, "33: the address is that of the connection", addresses)
    tap.ok("6.6.6.6" not in bank.log() and "forged" not in bank.log() and client.headers["x-request-id"] != "f" * 32,
           "33: and the request's id is ours")
    one, two = bank.signed_in("customer1"), bank.signed_in("customer2")
    token = one.cookies["__Host-session"]
    status, _ = two.request("GET", "/api/v1/session", None,
                            {"Cookie": f"__Host-session={token}; __Host-session={two.cookies['__Host-session']}"})
    tap.equal(status, 401, "33: a cookie that is there twice counts as none")
    for name in ("__host-session", "__Host-Session", " __Host-session2", "x__Host-session"):
        status, _ = bank.client().request("GET", "/api/v1/session", None, {"Cookie": f"{name}={token}"})
        tap.equal(status, 401, f"33: {name} is another cookie")
    answer = raw_exchange(bank, b"GET /api/v1/session HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n")
    tap.ok(b" 400 " in answer.split(b"\r\n")[0], "33: two hosts are none", answer[:60])


@requirement(34, "no smuggled requests")
def smuggling(tap, bank):
    hidden = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    start = b"POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    for name, data in ambiguous(start, hidden).items():
        answers = raw_exchange(bank, data, 3)
        heads = re.findall(rb"HTTP/1\.[01] (\d\d\d)", answers)
        # either refused and closed, or taken as what the standard says it is; never is the rest of a refused one served
        smuggled = b"healthy" in answers and heads[:1] in ([b"400"], [b"413"], [b"501"])
        tap.ok(not smuggled and len(heads) <= 2, f"34: {name}: {[h.decode() for h in heads]}", answers[:200])
    body = b'{"login": "nobody", "password": "wrong password", "code": "000000"}'
    plain = raw_exchange(bank, start + b"Content-Length: %d\r\n\r\n" % len(body) + body + hidden, 5)
    tap.equal(re.findall(rb"HTTP/1\.1 (\d\d\d)", plain), [b"401", b"200"], "34: two that are right are two")


def ambiguous(start, hidden):
    """Name -> bytes of which servers may differ on where the first request ends."""
    return {
        "length and chunks": start + b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" % (5 + len(hidden)) + hidden,
        "two lengths": start + b"Content-Length: 2\r\nContent-Length: %d\r\n\r\n{}" % (2 + len(hidden)) + hidden,
        "a length with a sign": start + b"Content-Length: +2\r\n\r\n{}" + hidden,
        "a length in a list": start + b"Content-Length: 2, 2\r\n\r\n{}" + hidden,
        "chunks in other words": start + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden,
        "chunks twice": start + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
        "chunks with a tab": start + b"Transfer-Encoding:\tchunked, identity\r\n\r\n0\r\n\r\n" + hidden,
        "a bad chunk": start + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n{}\r\n0\r\n\r\n" + hidden,
        "blank before the colon": start + b"Content-Length : 2\r\n\r\n{}" + hidden,
        "a folded header": start + b"X: y\r\n Content-Length: 2\r\nContent-Length: 0\r\n\r\n" + hidden,
        "a bare line feed": start.replace(b"\r\n", b"\n") + b"Content-Length: 0\nX: \x00\n\n" + hidden,
        "HTTP/0.9": b"GET /api/v1/session\r\n\r\n" + hidden,
    }


@requirement(35, "strict JSON")
def strict_json(tap, bank):
    client = bank.signed_in("customer4")
    good = b'{"account_no": "40817810000000000001"}'
    tap.equal(client.request("POST", "/api/v1/payees", good)[0], 422, "35: a good body reaches the bank, which has no such account")
    bad = {
        "a comma too many": b'{"account_no": "40817810000000000001",}', "single quotes": b"{'account_no': '40817810000000000001'}",
        "a comment": good + b" // x", "two values": good + good, "rubbish behind": good + b"x", "no braces": b'"account_no": "1"',
        "an array": b"[" + good + b"]", "a number": b"1", "null": b"null", "nothing but blanks": b"   ", "cut short": good[:-1],
        "a name twice": good[:-1] + b', "account_no": "1"}', "NaN": b'{"account_no": NaN}', "Infinity": b'{"account_no": -Infinity}',
        "hexadecimal": b'{"account_no": 0x1}',
        "a leading zero": b'{"account_no": 01}', "a leading plus": b'{"account_no": +1}', "a bare dot": b'{"account_no": .5}',
        "a broken escape": b'{"account_no": "\\x41"}',
        "half a surrogate": b'{"account_no": "\\ud800"}', "a raw tab": b'{"account_no": "a\tb"}',
        "a zero byte": b'{"account_no": "a\x00b"}', "broken UTF-8": b'{"account_no": "\xff"}',
        "overlong UTF-8": b'{"account_no": "\xc0\xaf"}', "a byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"), "too deep": b"[" * 5000,
        "a huge exponent": b'{"account_no": 1e999}', "a huge number": b'{"account_no": ' + b"9" * 400 + b"}",
        "True": b'{"account_no": True}', "an unquoted name": b'{account_no: "1"}',
    }
    for name, body in bad.items():
        status, answer = client.request("POST", "/api/v1/payees", body)
        tap.ok(status == 400, f"35: {name}", status, answer[:200])
    tap.equal(client.request("POST", "/api/v1/payees", b'{"account_no": "\\u0000"}')[0], 400, "35: an escaped zero byte")


@requirement(36, "parsers of what comes in are memory-safe")
def fuzzed(tap, bank):
    runs = os.environ.get("DV_FUZZ_RUNS", "200000")
    done = subprocess.run(["make", "-s", "-C", ROOT / "test/api/fuzz", "check", f"RUNS={runs}"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    executed = re.search(r"^Done (\d+) runs", done.stdout, re.M)
    tap.ok(done.returncode == 0 and executed,
           f"36: {executed[1] if executed else 0} requests under address and undefined-behaviour sanitizers", done.stdout[-2000:])
