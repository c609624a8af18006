"""1 to 8, sessions: cookies, tokens, how long they last, and what ends them."""

import re
import subprocess

from online_bank import ROOT
from problem import refused

from .common import requirement


@requirement(1, "cookie __Host-, Secure, HttpOnly, SameSite")
def cookie_flags(tap, bank):
    client = bank.signed_in("customer1")
    for line in client.headers.get_all("Set-Cookie"):
        words = {word.strip().lower() for word in line.split(";")[1:]}
        name = line.split("=")[0]
        tap.ok(name.startswith("__Host-") and {"path=/", "secure", "httponly", "samesite=strict"} <= words
               and not any(word.startswith("domain") for word in words), f"1: {name} is the host's alone, unseen by scripts", line)


@requirement(2, "token of 128 random bits or more")
def tokens(tap, bank):
    done = subprocess.run([ROOT / "test/api/unit/build/tokens", "100000"], stdout=subprocess.PIPE, text=True)
    made = done.stdout.split()
    tap.ok(len(made) == len(set(made)) == 100_000, "2: 100,000 tokens of the program's maker, all different")
    tap.ok(all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in made[:1000]), "2: each 256 bits in base64url")
    # each character but the last stands for six bits: all 64 come about equally often
    counts = {}
    for token in made:
        for c in token[:42]:
            counts[c] = counts.get(c, 0) + 1
    expected = 42 * len(made) / 64
    tap.ok(len(counts) == 64 and all(abs(n / expected - 1) < 0.03 for n in counts.values()), "2: and none of their characters preferred")


@requirement(3, "only the token's hash is stored")
def only_hash(tap, bank):
    client = bank.signed_in("customer1")
    client.get("/accounts")
    token = client.cookies["__Host-session"]
    log = bank.database.log.read_text(errors="replace")
    tap.ok("bank_online.login_finish" in log and token not in log, "3: the token is in no statement that the server was sent")
    dump = bank.database.must("pg_dump", "--inserts", "-n", "bank_online", "bank")
    tap.ok("INSERT INTO bank_online.session" in dump and token not in dump, "3: nor anywhere in the tables")


@requirement(4, "a new token at login; the old one is over")
def new_token(tap, bank):
    client = bank.signed_in("customer2")
    old = client.cookies["__Host-session"]
    client.login(bank.users["customer2"])
    tap.ok(client.cookies["__Host-session"] != old, "4: another token at each login")
    client.cookies["__Host-session"] = old
    tap.equal(client.get("/session")[0], 401, "4: the one of before is over")
    client.cookies["__Host-session"] = "A" * 43
    client.login(bank.users["customer2"])
    tap.ok(client.cookies["__Host-session"] != "A" * 43, "4: one that somebody else set is not taken up")


@requirement(5, "logout ends the session at the server")
def logout(tap, bank):
    client = bank.signed_in("customer3")
    token = client.cookies["__Host-session"]
    tap.equal(client.call("POST", "/logout", {})[0], 204, "5: logout")
    tap.ok("__Host-session" not in client.cookies, "5: the browser forgets the cookie")
    client.cookies["__Host-session"] = token
    tap.equal(client.get("/session")[0], 401, "5: the token is of no more use")


@requirement(6, "idle and absolute time limits")
def time_limits(tap, bank):
    client = bank.signed_in("customer3")
    session = client.get("/session")[1]["session_id"]
    for name, change in (("idle", "seen_at = now() - INTERVAL '14 minutes'"), ("absolute", "expires_at = now() + INTERVAL '1 minute'")):
        bank.sql(f"UPDATE bank_online.session SET {change} WHERE session_id = %s", session)
        tap.equal(client.get("/session")[0], 200, f"6: within the {name} limit")
    for name, change, back in (
        ("idle", "seen_at = now() - INTERVAL '16 minutes'", "seen_at = now()"),
        ("absolute", "created_at = now() - INTERVAL '13 hours', expires_at = now() - INTERVAL '1 second'", None),
    ):
        bank.sql(f"UPDATE bank_online.session SET {change} WHERE session_id = %s", session)
        tap.equal(client.get("/session")[0], 401, f"6: beyond the {name} limit")
        if back:
            bank.sql(f"UPDATE bank_online.session SET {back} WHERE session_id = %s", session)
    open_page(tap, bank)


def open_page(tap, bank):
    """A page that is open asks what is new: nobody need sit before it."""
    page = bank.signed_in("customer3")
    session = page.get("/session")[1]["session_id"]
    bank.sql("UPDATE bank_online.session SET seen_at = now() - INTERVAL '14 minutes' WHERE session_id = %s", session)
    tap.equal([page.get("/live")[0] for _ in range(5)], [200] * 5, "6: within the idle limit a page learns what is new")
    bank.sql("UPDATE bank_online.session SET seen_at = seen_at - INTERVAL '1 minute' WHERE session_id = %s", session)
    tap.equal((page.get("/live")[0], page.get("/session")[0]), (401, 401), "6: which does not put the limit off")
    tap.equal([r["path"] for r in bank.routes() if r["unnoticed"]], ["/api/v1/live"], "6: no other request goes unnoticed")


@requirement(7, "own sessions are listed and ended")
def own_sessions(tap, bank):
    one, two, other = bank.signed_in("customer4"), bank.signed_in("customer4"), bank.signed_in("customer5")
    listed = one.get("/sessions")[1]["items"]
    tap.ok(len(listed) == 2 and sum(s["is_current"] for s in listed) == 1, "7: both browsers are listed", listed)
    mine = next(s["session_id"] for s in listed if not s["is_current"])
    tap.equal(other.delete(f"/sessions/{mine}")[0], 404, "7: another customer cannot end it")
    tap.equal((two.get("/session")[0], one.delete(f"/sessions/{mine}")[0], two.get("/session")[0]), (200, 204, 401),
              "7: one's own can be ended")
    tap.equal(one.delete(f"/sessions/{mine}")[0], 404, "7: once")


@requirement(8, "a change of password ends the other sessions")
def password_change(tap, bank):
    user = bank.users["customer6"]
    one, two = bank.signed_in("customer6"), bank.signed_in("customer6")
    body = {"old_password": user["password"], "new_password": "три слона и чай"}
    refused(tap, one.post("/password", **body), 403, "step_up_needed", "8: not without a further code")
    one.step_up(user)
    refused(tap, one.post("/password", **body | {"old_password": "not this one"}), 422, "bad_password", "8: nor without the old password")
    old = one.cookies["__Host-session"]
    tap.equal(one.post("/password", **body)[0], 204, "8: with both")
    tap.equal((one.get("/session")[0], two.get("/session")[0]), (200, 401), "8: this session goes on, the other is over")
    one.cookies["__Host-session"] = old
    tap.equal(one.get("/session")[0], 401, "8: and this one has a new token")
    tap.equal(bank.client().login(user)[0], 401, "8: the old password is of no more use")
    user["password"] = body["new_password"]
    tap.equal(bank.client().login(user)[0], 200, "8: the new one is")
