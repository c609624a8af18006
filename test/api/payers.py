"""Those who pay, ask again, look, and sign in while everything is killed under them: each a process, with a journal of what it was told."""

import collections
import concurrent.futures
import contextlib
import json
import os
import random
import signal
import time
import urllib.parse
import uuid

import psycopg2
from client import STEP, Client, code_of

#: a participant's account: its number, the least its balance may be, and whether everybody pays into it
Account = collections.namedtuple("Account", "id number least hot")
#: who signs in: a line of webapp/users, the cookies of a live session, and the own accounts
Person = collections.namedtuple("Person", "user cookies accounts")
#: of asking until there is an answer: that, how often it was not known what became of it, and when the last was sent and answered
Told = collections.namedtuple("Told", "status answer unknown begun at")

NO_FUNDS = (409, "insufficient_funds")
#: refusals that are true at any time: a lost try of the same cannot have been carried out
ALWAYS = {(404, "not_found"), (422, "no_such_account"), (403, "step_up_needed")}
#: what may be paid without a further code (bank_online.step_up_limit), and what nobody has
STEP_UP_ABOVE = 5_000_000
TOO_MUCH = 4_900_000
PASSING = (429, 503)
#: What passes: of statements a session has two at once, and one whose connection was lost may still be counted.
PASSING_CODES = {False: ("unavailable", "busy"), True: ("unavailable", "busy", "too_many_tries")}


class Wire:
    """A browser of somebody, who asks until there is an answer."""

    def __init__(self, scene, person, payer):
        self.client = Client(scene.url, scene.ca, timeout=30)
        self.client.cookies = dict(person.cookies)
        self.payer = payer

    def ask(self, method, path, fields=None, impatience=0.0):
        """A Told. With impatience: the first time does not wait longer for the answer than so many seconds."""
        counts, unknown = self.payer.counts, 0
        while True:
            begun = time.monotonic()
            try:
                sock = self.client.connection and self.client.connection.sock
                if sock:
                    sock.settimeout(impatience or 30)
                status, answer = self.client.call(method, path, fields)
            except OSError as error:
                unknown += 1
                counts["gave up waiting" if impatience and "timed out" in str(error) else "connections lost or refused"] += 1
            except ValueError:  # what came is not all
                unknown += 1
                counts[f"answers cut: {path.split('?')[0].rpartition('/')[2]}"] += 1
                self.client.close()
            else:
                counts[f"status {status}"] += 1
                if status not in PASSING:
                    return Told(status, answer, unknown, begun, time.monotonic())
                if answer.get("code") not in PASSING_CODES["/statement?" in path]:
                    self.payer.wrong.append(f"{self.payer.name}: {method} {path}: {status} {answer}")
                unknown += 1
            if self.payer.scene.naive and method == "POST":
                return Told(0, {}, unknown, begun, time.monotonic())
            impatience = 0.0
            if begun > self.payer.scene.deadline:
                raise RuntimeError(f"no answer in the end: {method} {path}")
            time.sleep(self.payer.rng.uniform(0.02, 0.1))


class Payer:
    """Pays for one person, and now and then for the neighbour, at the same time as that one."""

    def __init__(self, name, scene, person, neighbour):
        self.name, self.scene = name, scene
        self.rng = random.Random(f"{scene.seed} {name}")
        self.journal = os.open(scene.journals / f"{name}.journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.counts = collections.Counter()
        self.wrong = []
        self.people = [person, neighbour]
        self.wires = {p.user["login"]: (Wire(scene, p, self), Wire(scene, p, self)) for p in self.people}
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.known = []  # acknowledged: (person, content, transfer_id)

    def write(self, **what):
        os.write(self.journal, (json.dumps(what) + "\n").encode())

    def expect(self, good, what, *details):
        if not good:
            self.wrong.append(f"{self.name}: {what}: {' '.join(str(d) for d in details)}")

    def wire(self, person):
        return self.wires[person.user["login"]][0]

    def content(self, debit, number, amount):
        identifier = uuid.UUID(int=self.rng.getrandbits(128), version=4)
        return {"transfer_uuid": str(identifier), "debit_account_id": debit, "credit_account_no": number, "amount_minor": amount,
                "currency_code": "RUB", "narrative": f"{self.name} {len(self.known)}"}

    # --- to pay --------------------------------------------------------------------

    def send(self, person, content, allowed, twins=False, impatience=0.0):
        """Until there is an answer; writes down what is sent before it is, and what was told."""
        identifier = content["transfer_uuid"]
        self.write(sent=content, by=person.user["login"], at=time.monotonic())
        one, two = self.wires[person.user["login"]]
        other = self.pool.submit(two.ask, "POST", "/transfers", content) if twins else None
        told = [one.ask("POST", "/transfers", content, impatience)]
        if other:
            told.append(other.result())
        unknown = sum(t.unknown for t in told)
        self.counts["asked again for want of an answer"] += unknown
        done = [t for t in told if t.status in (200, 201)]
        if any(t.status == 0 for t in told):  # sabotage: whoever takes no answer for a refusal
            self.write(refused=identifier)
            return
        refusals = {(t.status, t.answer.get("code")) for t in told if t not in done}
        self.expect(refusals <= set(allowed), "refused", refusals, content)
        if not done:
            # one that was lost may be under way still, and be carried out when there are funds: only who asks later knows
            unsure = unknown > 0 and not refusals <= ALWAYS
            if unsure and self.rng.random() < 0.5:
                self.give_up(person, content)
                return
            self.write(**{"unsure" if unsure else "refused": identifier})
            self.counts["refused after a lost answer" if unsure else f"refused {min(refusals)[1]}"] += 1
            return
        news = sum(t.status == 201 for t in done)
        self.expect(len({t.answer["transfer_id"] for t in done}) == 1, "twins have different numbers", content, done)
        self.expect(news <= 1, "made twice", content, done)
        self.expect(news == 1 or unknown, "not new at first", content, done)
        self.expect(not refusals or refusals == {NO_FUNDS}, "twins, one of which is refused", content, told)
        self.write(acknowledged=identifier, transfer=done[0].answer["transfer_id"], begun=done[0].begun, at=done[0].at)
        self.counts["acknowledged"] += 1
        self.known.append((person, content, done[0].answer["transfer_id"]))

    def give_up(self, person, content):
        """Of what nobody knows: that it was made, or never will be."""
        identifier, wire = content["transfer_uuid"], self.wire(person)
        begun = time.monotonic()
        told = wire.ask("POST", f"/transfers/{identifier}/void", {})
        self.expect(told.status == 200, "cannot be given up", content, told)
        if not told.answer.get("made"):
            self.write(refused=identifier)
            self.counts["given up"] += 1
            return
        made = wire.ask("GET", f"/transfers/{identifier}")
        self.expect(made.status == 200, "made, and not there", content, made)
        self.write(acknowledged=identifier, transfer=made.answer["transfer_id"], begun=begun, at=made.at)
        self.counts["made when it was to be given up"] += 1

    def choice(self):
        """Somebody, an own account, and another one that is paid to: half of the time a hot one."""
        person = self.people[self.rng.random() < 0.25]
        debit = self.rng.choice(person.accounts)
        payees = self.scene.hot if self.rng.random() < 0.5 else self.scene.accounts
        return person, debit, self.rng.choice([a for a in payees if a.id != debit.id])

    def pay(self, **more):
        person, debit, credit = self.choice()
        # what comes into the hot ones goes out again, and all of them run dry now and then
        amount = self.rng.randint(1, 5000 if debit.hot else 800)
        self.send(person, self.content(debit.id, credit.number, amount), {NO_FUNDS}, **more)

    def pay_twice_at_once(self):
        self.pay(twins=True)

    def pay_without_waiting(self):
        self.pay(impatience=self.rng.uniform(0.0005, 0.01))

    # --- to be refused ---------------------------------------------------------------

    def overdraw(self):
        person, debit, credit = self.choice()
        self.send(person, self.content(debit.id, credit.number, TOO_MUCH), {NO_FUNDS})

    def pay_much(self):
        person, debit, credit = self.choice()
        self.send(person, self.content(debit.id, credit.number, STEP_UP_ABOVE + 1), {(403, "step_up_needed")})

    def pay_from_another(self):
        person, debit, credit = self.choice()
        if credit not in person.accounts:
            self.send(person, self.content(credit.id, debit.number, 1), {(404, "not_found")})

    def pay_nobody(self):
        person, debit, _ = self.choice()
        self.send(person, self.content(debit.id, "9" * 20, 1), {(422, "no_such_account")})

    # --- to ask again ------------------------------------------------------------------

    def again(self):
        """Acknowledged, and sent once more: the same answer."""
        if self.known:
            person, content, transfer = self.rng.choice(self.known)
            told = self.wire(person).ask("POST", "/transfers", content)
            self.counts["repeated"] += 1
            self.expect(told.status == 200 and told.answer["transfer_id"] == transfer, "a repetition is told", told, transfer, content)

    def otherwise(self):
        """The same id with another content."""
        if self.known:
            person, content, _ = self.rng.choice(self.known)
            change = self.rng.choice(({"amount_minor": content["amount_minor"] + 1}, {"narrative": "another"}, {"amount_minor": TOO_MUCH}))
            told = self.wire(person).ask("POST", "/transfers", content | change)
            self.counts["repeated with another content"] += 1
            self.expect((told.status, told.answer.get("code")) == (422, "id_reused"), "another content is told", told, content, change)

    # --- to look ------------------------------------------------------------------------

    def look(self):
        """A transfer that was acknowledged is there, as it was asked for."""
        if self.known:
            person, content, transfer = self.rng.choice(self.known[-50:])
            told = self.wire(person).ask("GET", f"/transfers/{content['transfer_uuid']}")
            self.counts["looked at again"] += 1
            self.expect(told.status == 200 and told.answer["transfer_id"] == transfer and told.answer["amount_minor"] == content["amount_minor"]
                        and told.answer["counterparty"] == content["credit_account_no"], "an acknowledged transfer is", told, content)

    def balances(self):
        """Those of one answer are within their limits."""
        person = self.rng.choice(self.people)
        told = self.wire(person).ask("GET", "/accounts")
        self.counts["balances read"] += 1
        found = {a["account_id"]: a["balance_minor"] for a in told.answer.get("items", ())}
        self.expect(told.status == 200 and all(found.get(a.id, a.least - 1) >= a.least for a in person.accounts), "balances", told)

    def statement(self):
        """Today's, of one of the own accounts: its closing balance is what its lines come to. What was cut is no JSON."""
        person, debit, _ = self.choice()
        told = self.wire(person).ask("GET", f"/accounts/{debit.id}/statement?" + urllib.parse.urlencode({"from": self.scene.today, "to": self.scene.today}))
        self.counts["statements read"] += 1
        if told.status == 200:
            lines = told.answer["items"]
            sums = told.answer["opening_minor"] + sum(line["credit_minor"] or 0 for line in lines) - sum(line["debit_minor"] or 0 for line in lines)
            self.expect(sums == told.answer["closing_minor"], "a statement does not add up", person.user["login"], debit, sums)
        else:
            self.expect(False, "a statement", told)

    def work(self):
        """A mix in which every tenth act is meant to be refused; until it is time to end."""
        acts = {self.pay: 60, self.pay_twice_at_once: 6, self.pay_without_waiting: 6, self.overdraw: 3, self.pay_from_another: 2, self.pay_nobody: 1,
                self.pay_much: 1, self.again: 8, self.otherwise: 4, self.look: 5, self.balances: 3, self.statement: 1}
        while time.monotonic() < self.scene.until:
            self.rng.choices(list(acts), acts.values())[0]()
            time.sleep(self.rng.uniform(0, self.scene.pause))


class Doorman:
    """Signs in and out: sessions that were given live, those that were ended do not, whatever is killed."""

    def __init__(self, name, scene, user):
        self.name, self.scene, self.user = name, scene, user
        self.rng = random.Random(f"{scene.seed} {name}")
        self.counts, self.wrong = collections.Counter(), []
        self.sessions = []  # cookies, and whether they are good

    def forget(self):
        """The one-time code of now is good again, and neither tries nor what was paid are counted: a test does more than people do."""
        while True:
            try:
                with contextlib.closing(self.scene.connect()) as connection, connection.cursor() as cursor:
                    cursor.execute("UPDATE bank_online.app_user SET totp_last_step = 0 WHERE login = %s", (self.user["login"],))
                    cursor.execute("DELETE FROM bank_online.throttle")
                    cursor.execute("DELETE FROM bank_online.spent")
                return
            except psycopg2.Error:
                if time.monotonic() > self.scene.deadline:
                    raise
                time.sleep(0.05)

    def work(self):
        while time.monotonic() < self.scene.until:
            client = Client(self.scene.url, self.scene.ca, timeout=30)
            self.forget()
            try:
                status, answer = client.login(self.user, code_of(self.user["totp_secret"], int(time.time()) // STEP))
            except (OSError, ValueError):
                self.counts["sign-ins lost"] += 1
                continue
            self.counts[f"sign-in {status}"] += 1
            if status == 200:
                self.sessions.append((dict(client.cookies), self.leave(client) if self.rng.random() < 0.5 else True))
            elif status not in PASSING and status != 401:  # a lost one may have used the code: the trail says
                self.wrong.append(f"{self.name}: sign-in: {status} {answer}")
            client.close()
            time.sleep(self.rng.uniform(0.05, 0.4))

    def leave(self, client):
        """Sign out; whether the session may still be good: of a lost answer nobody knows (None)."""
        cookies = dict(client.cookies)
        with contextlib.suppress(OSError, ValueError):
            status, answer = client.post("/logout")
            self.counts[f"sign-out {status}"] += 1
            client.cookies = cookies
            if status in (200, 204):
                return False
            if status not in PASSING:
                self.wrong.append(f"{self.name}: sign-out: {status} {answer}")
        return None


class Auditor:
    """Adds everything up, in snapshots of the database."""

    def __init__(self, name, scene):
        self.name, self.scene = name, scene
        self.counts, self.wrong = collections.Counter(), []

    def snapshot(self, cursor, number):
        cursor.execute(self.scene.totals)
        have = cursor.fetchone()
        self.counts["snapshots"] += 1
        if have != self.scene.expected:
            self.wrong.append(f"a snapshot: {have}, not {self.scene.expected}")
        if number % 25 == 5:
            cursor.execute(self.scene.pieces, {"base": self.scene.base, "events": self.scene.events})
            have = cursor.fetchone()
            self.counts["snapshots of all transfers"] += 1
            if have[1:] != (2 * have[0], have[0], have[0], have[0]):
                self.wrong.append(f"a snapshot of transfers, entries, statuses, events, numbers: {have}")
        if number % 50 == 25:
            cursor.execute("SELECT invariant, key, detail FROM bank.ledger_violations() LIMIT 5")
            self.counts["snapshots of the ledger"] += 1
            self.wrong += [f"ledger_violations(): {row}" for row in cursor.fetchall()]

    def work(self):
        number = 0
        while time.monotonic() < self.scene.until:
            try:
                with contextlib.closing(self.scene.connect()) as connection, connection.cursor() as cursor:
                    while time.monotonic() < self.scene.until:
                        number += 1
                        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                        self.snapshot(cursor, number)
                        cursor.execute("COMMIT")
                        time.sleep(0.2)
            except psycopg2.Error as error:
                if error.pgcode and error.pgcode[:2] != "57":  # of a connection that ends none is told, or one of class 57
                    raise
                self.counts["connections to the database lost or refused"] += 1
                time.sleep(0.05)


def play(actor, results):
    """An actor's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        actor.work()
    except Exception as error:
        actor.wrong.append(f"{actor.name}: {type(error).__name__}: {error}")
    results.put((actor.name, dict(actor.counts), actor.wrong, getattr(actor, "sessions", [])))
