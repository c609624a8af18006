"""A live stream of changes: many kinds of transaction at a set rate.

Rates count published row changes that committed: a transfer is four (itself, two entries, its status).
"""

import json
import signal
import sys
import time
from collections import Counter

import numpy as np
import psycopg2
from psycopg2 import errors

import words as w
from accounts import INTERNAL
from calibrate import NOMINAL
from draw import weighted, zipf
from money import Money
from online import ROWS
from registry import Registry

POOL = 50000
# Another session may win: the transaction is rolled back and the stream goes on.
LOST = (errors.DeadlockDetected, errors.UniqueViolation, errors.ForeignKeyViolation,
        errors.CheckViolation, errors.LockNotAvailable)
# Kinds of change and how often each is drawn. The order is that within a transaction: the bank's own accounts first.
KINDS = {
    "card_payments": 20, "salaries": 3, "loans": .6, "instalments": 2, "reversals": 1, "frauds": 1, "customers": 4, "cash": 3,
    "closures": .3, "transfers": 27, "disputes": .5, "rates": .3, "orders": 1, "contacts": 6, "ratings": 5, "names": 5,
    "account_terms": 7, "freezes": 1, "branch_moves": 1, "addresses_mended": 6, "moves": 3, "address_types": 1, "notes": 2,
    "past_notes": 4, "departures": 2, "card_ends": 1, "holders": 1.5, "roles": 1, "party_numbers": .7, "account_numbers": .7,
    "merchant_facts": 2, "nothing_new": 3, "currency_code": .2}
ORDER_PAUSE = 4  # seconds between two days of standing orders


class Live(Money, Registry):
    """One session's stream. The seed and the bank's state at the start decide what it does."""

    def __init__(self, dsn, seed, rate, seconds, batch, labels=None, online=None, online_share=0.0):
        self.con = psycopg2.connect(dsn, application_name="bank live")
        self.cur = self.con.cursor()
        self.rate, self.seconds, self.cal = rate, seconds, NOMINAL
        self.batch = batch or max(1, min(200, round(rate / 20)))
        self.stop, self.done, self.pool = False, Counter(), POOL
        self.cur.execute("SELECT coalesce(max(transfer_id), 0) FROM bank.transfer")
        start = self.cur.fetchone()[0]
        # The start is in the counter: a second run with the same seed makes other uuids.
        self.rng = np.random.Generator(np.random.Philox(key=seed, counter=start << 64))
        self.run_id, self.cases, self.labels = f"{seed}-{start}", 0, []
        self.label_file = open(labels, "a") if labels else None
        self.pools()
        self.fresh, self.posted, self.order_day = [], [], int(self.rng.integers(28))
        self.online, self.online_share = online, online_share
        self.kinds = [(getattr(self, name), weight) for name, weight in KINDS.items()
                      if name != "currency_code" or self.may_rename]

    def pools(self):
        """Keys to work on."""
        self.accounts = self.ids("""SELECT a.account_id FROM bank.account AS a
            JOIN bank.product AS p ON p.product_id = a.product_id
            WHERE a.status = 'active' AND a.currency_code = 'RUB' AND p.kind <> 'internal'""")
        self.persons = self.ids("SELECT party_id FROM bank.person")
        self.parties = self.ids("SELECT party_id FROM bank.party")
        self.addresses = self.ids("SELECT address_id FROM bank.address")
        self.merchants = self.ids("SELECT merchant_id FROM bank.merchant")
        self.branches = self.ids("SELECT branch_id FROM bank.branch")
        self.cards = self.ids("SELECT card_id FROM bank.card WHERE status IN ('active', 'blocked')")
        self.noted = self.ids("SELECT party_id FROM bank.party WHERE length(notes) > 2000", False)
        self.joint = self.ids("SELECT account_id FROM bank.account_holder WHERE role <> 'owner'", False)
        self.standing = self.ids("SELECT standing_order_id FROM bank.standing_order WHERE status = 'active'", False)
        self.lent = self.ids("SELECT loan_id FROM bank.loan WHERE status IN ('active', 'overdue')", False)
        self.ranks = zipf(len(self.merchants), self.cal.zipf)
        self.staff = self.employers()
        self.cur.execute("SELECT has_table_privilege('bank.currency', 'UPDATE')")
        self.may_rename = self.cur.fetchone()[0]
        self.con.rollback()

    def employers(self):
        """Who was paid what by whom of late: {employer's account: [(account, amount)]}."""
        self.cur.execute("""SELECT DISTINCT t.debit_account_id, t.credit_account_id, t.amount_minor
            FROM (SELECT * FROM bank.transfer ORDER BY transfer_id DESC LIMIT 50000) AS t
            WHERE t.kind = 'salary' AND t.debit_account_id > %s ORDER BY 1, 2, 3 LIMIT 5000""", (INTERNAL,))
        staff = {}
        for employer, account, amount in self.cur.fetchall():
            staff.setdefault(employer, []).append((account, amount))
        return staff

    def ids(self, query, needed=True):
        """A pool of keys, the same for the same state; it may be empty only if it is not needed."""
        self.cur.execute(f"{query} ORDER BY 1 LIMIT {POOL}")
        found = [r[0] for r in self.cur.fetchall()]
        if not found and needed:
            raise SystemExit("nothing to work on: load the bank first")
        return found

    def some(self, pool, n):
        """Distinct members of a pool in order: sorted ids keep sessions from deadlocks."""
        size = len(pool)
        picks = {int(k) for k in self.rng.integers(size, size=min(n, size))} if size else set()
        return sorted({pool[k] for k in picks})

    def keyed(self, pool, n, high):
        """Distinct keys and a number for each."""
        ids = self.some(pool, n)
        return ids, self.numbers(len(ids), high)

    def run_sql(self, query, *args):
        """Run a statement and tell how many rows it changed."""
        self.cur.execute(query, args)
        return self.cur.rowcount

    def numbers(self, n, high):
        """Whole numbers below `high`."""
        return self.rng.integers(high, size=n).tolist()

    def words(self, n, size):
        """Texts of about `size` characters."""
        return [" ".join(w.NOTE_WORDS[k] for k in self.numbers(size // 7, len(w.NOTE_WORDS)))
                for _ in range(n)]

    def drawn(self):
        """What the next transaction does: kinds and sizes, in the order of the kinds."""
        weights, out, planned = [k[1] for k in self.kinds], [], 0
        while planned < self.batch:
            kind = int(weighted(self.rng.random(1), weights)[0])
            size = int(self.rng.integers(1, max(2, self.batch // 2 + 1)))
            out.append((kind, size))
            planned += size
            if self.rng.random() < .1:
                break
        return [(self.kinds[k][0], size) for k, size in sorted(out)]

    def transaction(self):
        """One transaction of several kinds; one in forty is rolled back at its end."""
        keep = self.fresh[:], self.posted[:], self.noted, self.accounts[:], self.lent[:], self.cases
        self.labels = []
        try:
            counts = Counter()
            for kind, size in self.drawn():
                counts[kind.__name__] += kind(size)
            if self.rng.random() >= 1 / 40:
                self.con.commit()
                return self.committed(counts)
            self.con.rollback()
            self.done["rolled_back"] += 1
        except psycopg2.Error as error:
            self.con.rollback()
            if isinstance(error, LOST):
                self.done["lost"] += 1
                print(f"rolled back: {error.diag.message_primary}", file=sys.stderr)
            elif (error.pgcode or "").startswith("BK"):
                self.done["refused"] += 1
            else:
                raise
        self.fresh, self.posted, self.noted, self.accounts, self.lent, self.cases = keep
        return 0

    def committed(self, counts):
        """Count what a transaction did."""
        self.done.update(counts)
        self.done["transactions"] += 1
        if self.label_file and self.labels:
            self.label_file.write("".join(line + "\n" for line in self.labels))
            self.label_file.flush()
        return sum(counts.values())

    def show(self, changes, passed):
        """Progress on stderr."""
        print(f"{passed:6.1f} s  {changes:>10,} changes  {changes / passed:,.0f}/s", file=sys.stderr)

    def run(self):
        """Keep the rate until the time is over or SIGTERM comes; a transaction is never cut."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stop", True))
        begun = shown = time.monotonic()
        ordered = begun - ORDER_PAUSE + 1
        changes = 0
        while not self.stop:
            now = time.monotonic()
            if self.seconds and now - begun >= self.seconds:
                break
            if now - shown >= 5:
                shown = now
                self.show(changes, now - begun)
            ahead = changes / self.rate - (now - begun)
            if ahead > 0:
                time.sleep(min(ahead, .05))
            elif now - ordered > ORDER_PAUSE:
                ordered = now
                changes += self.orders_due()
            # one that was refused counts, too: refusals are counted by the bank, and would become the whole stream
            elif self.online and (self.done["online"] + self.done["online_refused"]) * ROWS < changes * self.online_share:
                changes += self.online.pay(self.rng, self.done)
            else:
                changes += self.transaction()
        self.end(changes, max(time.monotonic() - begun, 1e-9))

    def end(self, changes, took):
        """Sum up on stdout."""
        self.con.close()
        print(json.dumps({"changes": changes, "seconds": round(took, 1),
                          "rate": round(changes / took, 1), **dict(sorted(self.done.items()))}))
