"""9 to 14, authentication: passwords, how they are kept and guessed, one-time codes, and further ones."""

import contextlib
import itertools
import json
import os
import re
import statistics
import time
import uuid

from load import Load, answers_at_once
from online_bank import until
from problem import refused

from client import STEP, code_of, fresh_code

from .common import counted, requirement, transfer

PAIRS = int(os.environ.get("DV_API_PAIRS", "100"))  # of requirement 12; 500 in the long run


def guess(bank, source, login, password="wrong password", code="000000"):
    """A login that is wrong, from an address of its own; its status."""
    with contextlib.closing(bank.client(source=source)) as client:
        return client.post("/login", login=login, password=password, code=code)[0]


@requirement(9, "argon2id, m >= 19456, t >= 2, p >= 1, in a bounded pool")
def argon2(tap, bank):
    hashes = [row[0] for row in bank.sql("SELECT password_hash FROM bank_online.app_user")]
    costs = [re.fullmatch(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}", h) for h in hashes]
    tap.ok(all(costs) and all(int(c[1]) >= 19456 and int(c[2]) >= 2 and int(c[3]) >= 1 for c in costs), "9: every hash is of that cost",
           hashes[:2])
    tap.equal(len(set(hashes)), len(hashes), "9: each with a salt of its own")
    # many at once: the queue is bounded, whoever does not fit is told, and other requests are served meanwhile
    with Load(bank, bank.signed_in("customer1"), clients=1) as reading:
        answers = answers_at_once([lambda n=n: guess(bank, f"127.0.9.{n}", f"nobody{n}", "long enough") for n in range(1, 61)])
    tap.ok(set(answers) == {401, 503}, "9: of 60 logins at once some are told to come again", counted(answers))
    tap.ok(reading.slowest < 2 and not reading.errors, "9: others are served meanwhile", f"slowest {reading.slowest:.2f} s",
           reading.errors[:3])


@requirement(10, "length of 8 and more, nothing cut off, the 3,000 commonest refused")
def password_rules(tap, bank):
    user = bank.users["customer7"]
    client = bank.signed_in("customer7")
    client.step_up(user)

    def change(new):
        status, answer = client.post("/password", old_password=user["password"], new_password=new)
        if status == 204:
            user["password"] = new
        return status, answer and answer.get("code")

    def code_with(old):
        return client.post("/password", old_password=old, new_password="whatever it is")[1]["code"]

    tap.equal(change("Sh0rt-7")[1], "bad_field", "10: seven characters are too few")
    tap.equal(change("x" * 129)[1], "bad_field", "10: 129 are more than anybody types")
    for common in ("password1", "PASSWORD1", "qwertyuiop", "1234567890"):
        tap.equal(change(common)[1], "common_password", f"10: {common} is refused")
    long = "длинный пароль " * 7 + "конец"
    tap.equal(change(long)[0], 204, f"10: {len(long)} characters, {len(long.encode())} bytes")
    client.step_up(user)
    for cut in (64, 72, 100):
        tap.equal(code_with(long.encode()[:cut].decode(errors="ignore")), "bad_password", f"10: not cut at {cut} bytes")
    tap.equal(change("x" * 63 + "a" + "x" * 20)[0], 204, "10: 84 characters")
    client.step_up(user)
    tap.equal(code_with("x" * 63 + "b" + "x" * 20), "bad_password", "10: the 64th counts")


@requirement(11, "guessing is slowed, and the owner is not locked out")
def guessing(tap, bank):
    user = bank.users["customer8"]
    owner = bank.signed_in("customer8")
    attacker = bank.client(source="127.0.11.1")
    answers = [attacker.post("/login", login="customer8", password=f"guess number {n}", code="123456")[0] for n in range(100)]
    tap.ok(answers[:10] == [401] * 10 and set(answers[10:]) == {429}, "11: ten tries, and 429 from then on", counted(answers))
    tap.ok(int(attacker.headers["Retry-After"]) > 0, "11: with the time to wait")
    tap.equal(attacker.login(user, code="000000")[0], 429, "11: the right password is no way round")
    owner.call("POST", "/logout", {})
    tap.equal(owner.login(user)[0], 200, "11: the owner gets in, from the browser of before")
    tap.equal(bank.client(source="127.0.11.2").login(user)[0], 200, "11: and from elsewhere")
    neighbour = bank.client(source="127.0.11.1")
    neighbour.cookies["__Host-device"] = owner.cookies["__Host-device"]
    tap.equal(neighbour.login(user)[0], 200, "11: and from behind the attacker's address, in a browser that is known")
    spray = bank.client(source="127.0.11.3")
    answers = [spray.post("/login", login=f"somebody{n}", password="the same for all", code="123456")[0] for n in range(120)]
    tap.ok(answers[:100] == [401] * 100 and set(answers[100:]) == {429}, "11: one password for many names: a hundred, and 429",
           answers[95:])
    under_a_flood(tap, bank, neighbour, user)


class Flood(Load):
    """Logins of strangers, from everywhere."""

    numbers = itertools.count()

    def run(self):
        while not self.done.is_set():
            n = next(self.numbers)
            self.note(lambda n=n: guess(self.bank, f"127.11.{n % 16}.{n // 16 % 250 + 1}", f"name{n}", "the same for all", "123456"))


def under_a_flood(tap, bank, known, user):
    """The hashers' queue is full, and the owner still gets in from a browser that is known."""
    with Flood(bank, known, clients=16) as flood:
        until(lambda: flood.answers.get(503, 0) > 20, 20, "a full queue")
        begun = time.monotonic()
        tries = [known.login(user, code="000000")[0] for _ in range(8)]
        taken = time.monotonic() - begun
        status = known.login(user)[0]
    again, every = flood.answers[503], sum(flood.answers.values())
    tap.ok(tries == [401] * 8 and status == 200,
           f"11: under a flood ({again} of {every} were told to come again) a known browser is always heard",
           tries, status)
    tap.ok(taken < 8, f"11: within {taken / 8:.2f} s")


@requirement(12, "unknown users: the same answer in the same time")
def unknown_users(tap, bank):
    times, answers = {"known": [], "unknown": []}, set()
    logins = [("unknown", "customer0"), ("known", "customer9")]
    for n in range(PAIRS):
        for kind, login in reversed(logins) if n % 2 else logins:
            with contextlib.closing(bank.client(source=f"127.12.{n // 200}.{n % 200 + 1}")) as client:
                client.request("GET", "/healthz")
                begun = time.perf_counter()
                status, answer = client.post("/login", login=login, password="wrong password", code="000000")
                times[kind].append(time.perf_counter() - begun)
                answers.add((status, json.dumps(answer), tuple(sorted({name.lower() for name in client.headers}))))
    tap.equal(len(answers), 1, "12: one answer for both")
    medians = {kind: statistics.median(values) for kind, values in times.items()}
    apart = abs(medians["known"] / medians["unknown"] - 1)
    tap.ok(apart < 0.05, f"12: median times within 5 %, over {PAIRS} of each", {k: round(v * 1000, 2) for k, v in medians.items()})
    name_of_a_browser(tap, bank)
    tap.say(f"12: known {medians['known'] * 1000:.2f} ms, unknown {medians['unknown'] * 1000:.2f} ms: {apart:.1%} apart")


def name_of_a_browser(tap, bank):
    """What a browser calls itself is kept with the session: one that is no text must not tell a right password from a wrong one."""
    told = set()
    for password in (bank.users["customer9"]["password"], "wrong password"):
        body = json.dumps({"login": "customer9", "password": password, "code": "aaaa-aaaa-aaaa-aaaa"}).encode()
        told.add(bank.client(source="127.12.9.9").request("POST", "/api/v1/login", body, {"User-Agent": b"\xff\xfe"}))
    tap.ok(len(told) == 1 and next(iter(told))[0] == 401, "12: nor do the bytes of a browser's name", told)


@requirement(13, "one-time codes: once, 30 seconds")
def one_time_codes(tap, bank):
    user = bank.users["customer10"]
    now = int(time.time()) // STEP
    if time.time() % STEP > 25:
        time.sleep(6)
        now += 1

    def login(step):
        return bank.client().login(user, code=code_of(user["totp_secret"], step))[0]

    tap.equal((login(now - 2), login(now + 2)), (401, 401), "13: neither of a minute ago nor of one to come")
    tap.equal((login(now - 1), login(now - 1)), (200, 401), "13: the one before, once")
    tap.equal((login(now), login(now)), (200, 401), "13: the present one, once")
    tap.equal(login(now - 1), 401, "13: none before one that was used")
    tap.equal((login(now + 1), login(now + 1)), (200, 401), "13: the next one, once")
    code = user["recovery_codes"][0]
    tap.equal((bank.client().login(user, code=code)[0], bank.client().login(user, code=code)[0]), (200, 401), "13: a recovery code, once")
    # two at one moment with one code: one of them
    user = bank.users["customer11"]
    code = fresh_code(user)
    statuses = answers_at_once([lambda: bank.client().login(user, code=code)[0]] * 6)
    tap.equal(statuses.count(200), 1, "13: six logins at one moment with one code: one")


@requirement(14, "a further code for large transfers and changes of access")
def step_up(tap, bank):
    with bank.step_up_above(1000):
        step_up_of_payments(tap, bank)
    clicks(tap, bank)
    paths = {f"/api/v1/{name}"
             for name in ("password", "recovery-codes", "contacts", "beneficiaries", "staff/customers/{party_id}/activation")}
    tap.ok(all(r["step_up"] for r in bank.routes() if r["path"] in paths and r["method"] == "POST"),
           "14: the table asks for it where access changes")


def step_up_of_payments(tap, bank):
    client = bank.signed_in("customer1")
    tap.equal(client.post("/transfers", **transfer(bank, client, amount=1000))[0], 201, "14: at the limit")
    large = transfer(bank, client, amount=1001)
    refused(tap, client.post("/transfers", **large), 403, "step_up_needed", "14: above it a further code is asked for")
    refused(tap, client.post("/step-up", code="000000"), 422, "bad_code", "14: a wrong one")
    tap.equal(client.post("/transfers", **large)[0], 403, "14: opens nothing")
    tap.equal(client.step_up(bank.users["customer1"])[0], 200, "14: the right one")
    tap.equal(client.post("/transfers", **large)[0], 201, "14: does")
    bank.sql("UPDATE bank_online.session SET step_up_until = now() WHERE session_id = %s", client.get("/session")[1]["session_id"])
    tap.equal(client.post("/transfers", **large | {"transfer_uuid": str(uuid.uuid4())})[0], 403, "14: for some minutes")
    tap.equal(client.post("/transfers", **large)[0], 200, "14: what was carried out is answered all the same")


def clicks(tap, bank):
    """A click too many sends the same code again: it is no guess."""
    client, code = bank.signed_in("customer12"), fresh_code(bank.users["customer12"])
    statuses = answers_at_once([lambda: bank.client(cookies=client.cookies).post("/step-up", code=code)[0]] * 8)
    tap.equal(sorted(statuses), [200] + [422] * 7, "14: eight clicks with one code: it is good once")
    session = client.get("/session")[1]["session_id"]
    tries = "SELECT coalesce(sum(tries), 0) FROM bank_online.throttle WHERE subject = 'step_up ' || %s"
    tap.equal(bank.sql(tries, session), [(0,)], "14: and the others are no guesses")
    client.post("/step-up", code="000000")
    tap.equal(bank.sql(tries, session), [(1,)], "14: as a wrong one is")
