"""A live stream of changes: many kinds of transaction at a set rate.

Rates count published row changes that committed: a transfer is four (itself, two entries, its status).
"""

import json
import signal
import sys
import time
import uuid
from collections import Counter

import numpy as np
import psycopg2
from psycopg2 import errors

import words as w
from draw import weighted, zipf

POOL = 50000
# Another session may win: the transaction is rolled back and the stream goes on.
LOST = (errors.DeadlockDetected, errors.UniqueViolation, errors.ForeignKeyViolation,
        errors.CheckViolation, errors.LockNotAvailable)


class Live:
    """One session's stream. The seed and the bank's state at the start decide what it does."""

    def __init__(self, dsn, seed, rate, seconds, batch):
        self.con = psycopg2.connect(dsn, application_name="bank live")
        self.cur = self.con.cursor()
        self.rate, self.seconds = rate, seconds
        self.batch = batch or max(1, min(200, round(rate / 20)))
        self.stop = False
        self.done = Counter()
        self.cur.execute("SELECT coalesce(max(transfer_id), 0) FROM bank.transfer")
        start = self.cur.fetchone()[0]
        # The start is in the counter: a second run with the same seed makes other uuids.
        self.rng = np.random.Generator(np.random.Philox(key=seed, counter=start << 64))
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
        self.ranks = zipf(len(self.merchants))
        self.cur.execute("SELECT has_table_privilege('bank.currency', 'UPDATE')")
        self.may_rename = self.cur.fetchone()[0]
        self.con.rollback()
        self.fresh = []  # parties of this run that no transfer refers to
        self.posted = []
        self.kinds = [
            (self.transfers, 30), (self.card_payments, 20), (self.reversals, 1),
            (self.contacts, 6), (self.ratings, 5), (self.disputes, .5), (self.address_types, 1),
            (self.names, 5), (self.account_terms, 7), (self.freezes, 1),
            (self.branch_moves, 1), (self.addresses_mended, 6), (self.moves, 3), (self.notes, 2),
            (self.past_notes, 4), (self.customers, 4), (self.departures, 2), (self.card_ends, 1),
            (self.holders, 1.5), (self.roles, 1), (self.party_numbers, .7),
            (self.account_numbers, .7), (self.merchant_facts, 2), (self.nothing_new, 3),
            (self.currency_code, .1 if self.may_rename else 0)]

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

    # Transfers

    def post(self, debit, credit, amount, kind, channel, card, merchant, narrative):
        """Post what funds and states allow; bank.transfer itself would refuse the whole batch."""
        ids = [str(uuid.UUID(bytes=self.rng.bytes(16), version=4)) for _ in debit]
        self.cur.execute("""
            WITH asked AS MATERIALIZED (
                SELECT v.*, d.currency_code
                FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[],
                            %s::bigint[], %s::text[])
                    AS v (id, debit, credit, amount, card, merchant, told)
                JOIN bank.account AS d ON d.account_id = v.debit
                JOIN bank.account AS c ON c.account_id = v.credit
                JOIN bank.account_balance AS b ON b.account_id = v.debit
                WHERE d.status = 'active' AND c.status = 'active'
                  AND d.currency_code = c.currency_code
                  AND b.balance_minor + d.overdraft_limit_minor >= v.amount
                ORDER BY least(v.debit, v.credit))
            SELECT r.transfer_id FROM asked AS a CROSS JOIN LATERAL bank.transfer(
                a.id, a.debit, a.credit, a.amount, a.currency_code, %s::bank.transfer_kind,
                %s::bank.channel, a.told, a.card, a.merchant, NULL, '10.8.0.1') AS r
            WHERE r.is_new""", (ids, debit, credit, amount, card, merchant, narrative, kind, channel))
        found = [r[0] for r in self.cur.fetchall()]
        self.posted = (self.posted + found)[-500:]
        return 4 * len(found)

    def transfers(self, n):
        """Payments between customers."""
        debit = self.some(self.accounts, max(1, n // 4))
        credit = [self.accounts[k] for k in self.numbers(len(debit), len(self.accounts))]
        pairs = [(d, c) for d, c in zip(debit, credit) if d != c]
        if not pairs:
            return 0
        amount = np.maximum(1, 60000 * np.exp(1.25 * self.rng.standard_normal(len(pairs))))
        none = [None] * len(pairs)
        told = [w.NARRATIVES[k] for k in self.numbers(len(pairs), len(w.NARRATIVES))]
        return self.post([p[0] for p in pairs], [p[1] for p in pairs],
                         amount.astype(np.int64).tolist(), "payment", "mobile", none, none, told)

    def card_payments(self, n):
        """Card payments to the bank's settlement account: the hot row."""
        self.cur.execute("""SELECT DISTINCT ON (account_id) card_id, account_id FROM bank.card
            WHERE card_id = ANY (%s) AND status = 'active' ORDER BY account_id, card_id""",
                         (self.some(self.cards, max(1, n // 4)),))
        cards = self.cur.fetchall()
        if not cards:
            return 0
        size = len(cards)
        amount = np.maximum(1, 50000 * np.exp(self.rng.standard_normal(size))).astype(np.int64)
        shop = [self.merchants[k] for k in weighted(self.rng.random(size), self.ranks)]
        return self.post([c[1] for c in cards], [1] * size, amount.tolist(), "card", "terminal",
                         [c[0] for c in cards], shop, [None] * size)

    def reversals(self, _):
        """Take back a transfer of this run, if nobody has and the payee can pay."""
        return 5 * self.run_sql("""
            WITH asked AS MATERIALIZED (
                SELECT t.* FROM bank.transfer AS t
                JOIN bank.account AS d ON d.account_id = t.credit_account_id
                JOIN bank.account AS c ON c.account_id = t.debit_account_id
                JOIN bank.account_balance AS b ON b.account_id = t.credit_account_id
                WHERE t.transfer_id = ANY (%s) AND t.kind <> 'reversal' AND d.status = 'active'
                  AND c.status = 'active'
                  AND b.balance_minor + d.overdraft_limit_minor >= t.amount_minor
                  AND NOT EXISTS (SELECT FROM bank.transfer AS r
                                  WHERE r.reversal_of = t.transfer_id) LIMIT 1)
            SELECT r.* FROM asked AS a
            CROSS JOIN LATERAL bank.reverse(%s::uuid, a.transfer_id, 'Reversal') AS r""",
            self.some(self.posted, 3), str(uuid.UUID(bytes=self.rng.bytes(16), version=4)))

    def disputes(self, _):
        """A customer does not know a payment: its status is appended."""
        return self.run_sql("""INSERT INTO bank.transfer_status (transfer_id, status, reason)
            SELECT t.id, 'disputed', 'Not recognised' FROM unnest(%s::bigint[]) AS t (id)
            ON CONFLICT DO NOTHING""", self.some(self.posted, 2))

    # Attributes

    def contacts(self, n):
        """Contacts change, are confirmed, come and go."""
        ids, rolls = self.keyed(self.parties, n, 10**9)
        if self.rng.random() < .1:
            return self.run_sql("DELETE FROM bank.contact WHERE party_id = ANY (%s) AND ordinal > 1", ids)
        return self.run_sql("""
            INSERT INTO bank.contact AS c (party_id, contact_type, ordinal, value, verified_at)
            SELECT v.id, CASE v.x %% 2 WHEN 0 THEN 'email' ELSE 'phone' END, 1 + v.x %% 3,
                CASE v.x %% 2 WHEN 0 THEN 'n' || v.x || '@mail.example' ELSE '+79' || lpad(v.x::text, 9, '0') END,
                CASE WHEN v.x %% 5 > 0 THEN now() END
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) ORDER BY v.id
            ON CONFLICT (party_id, contact_type, ordinal) DO UPDATE
            SET value = EXCLUDED.value, verified_at = EXCLUDED.verified_at""", ids, rolls)

    def ratings(self, n):
        """Scores and segments of customers; some become NULL."""
        return self.run_sql("""
            UPDATE bank.party AS p SET risk_score = nullif(v.x %% 101, 100), tags = CASE v.x %% 3 WHEN 0 THEN '{}'::text[]
                    WHEN 1 THEN ARRAY['vip', 'a "quoted", tag'] ELSE p.tags END
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE p.party_id = v.id""",
            *self.keyed(self.parties, n, 10**9))

    def keyed(self, pool, n, high):
        """Distinct keys and a number for each."""
        ids = self.some(pool, n)
        return ids, self.numbers(len(ids), high)

    def names(self, n):
        """Persons marry, learn or lose a tax number."""
        ids = self.some(self.persons, n)
        last = [w.LAST_EN[k] for k in self.numbers(len(ids), len(w.LAST_EN))]
        return self.run_sql("""
            UPDATE bank.person AS p SET last_name = v.name,
                tax_id = CASE WHEN p.tax_id IS NULL THEN (770000000000 + p.party_id)::text END
            FROM unnest(%s::bigint[], %s::text[]) AS v (id, name) WHERE p.party_id = v.id""", ids, last)

    def account_terms(self, n):
        """Nicknames, agreed rates, limits; limits only grow, so none is breached by it."""
        return self.run_sql("""
            UPDATE bank.account AS a SET nickname = nullif('Копилка ' || v.x %% 50, 'Копилка 0'),
                agreed_rate = CASE WHEN v.x %% 3 > 0 THEN v.x / 1000000.0 END,
                overdraft_limit_minor = greatest(a.overdraft_limit_minor, v.x / 2)
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE a.account_id = v.id""",
            *self.keyed(self.accounts, n, 200000))

    def freezes(self, _):
        """Freeze accounts and thaw them."""
        return self.run_sql("""
            UPDATE bank.account SET status = CASE status WHEN 'active' THEN 'frozen' ELSE 'active'
                END::bank.account_status
            WHERE account_id = ANY (%s) AND status <> 'closed'""", self.some(self.accounts[:200], 3))

    def branch_moves(self, n):
        """Accounts move to another branch: a foreign key moves."""
        branch = self.branches[self.numbers(1, len(self.branches))[0]]
        return self.run_sql("UPDATE bank.account SET branch_id = %s WHERE account_id = ANY (%s)",
                            branch, self.some(self.accounts, min(n, 10)))

    def addresses_mended(self, n):
        """Houses, flats and postcodes corrected."""
        return self.run_sql("""
            UPDATE bank.address AS a SET house = (v.x %% 200 + 1)::text,
                flat = nullif(v.x %% 90, 0)::text, postcode = (100000 + v.x)::text,
                verified_at = now()
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE a.address_id = v.id""",
            *self.keyed(self.addresses, n, 599999))

    def moves(self, n):
        """A customer gets a new address, or none."""
        ids = self.some(self.parties, min(n, 8))
        changed = 0
        for party, roll in zip(ids, self.numbers(len(ids), 1000)):
            if roll < 100:
                changed += self.run_sql("DELETE FROM bank.party_address WHERE party_id = %s", party)
                continue
            city = w.CITIES[roll % len(w.CITIES)]
            changed += self.run_sql("""UPDATE bank.party_address SET valid_to = greatest(valid_from, CURRENT_DATE)
                WHERE party_id = %s AND address_type = 'residential' AND valid_to IS NULL""", party)
            changed += 2 * self.run_sql("""
                WITH a AS (INSERT INTO bank.address (country_code, region, city, street, house)
                           VALUES ('RU', %s, %s, %s, %s) RETURNING address_id)
                INSERT INTO bank.party_address (party_id, address_id, address_type)
                SELECT %s, a.address_id, 'residential' FROM a""",
                city[0], city[1], w.STREETS[roll % len(w.STREETS)], str(roll), party)
        return changed

    def address_types(self, _):
        """What an address is for changes, and with it the primary key."""
        return self.run_sql("""
            UPDATE bank.party_address AS h
            SET address_type = CASE h.address_type WHEN 'residential' THEN 'postal' ELSE 'residential' END
            WHERE h.party_id = ANY (%s) AND h.address_type IN ('residential', 'postal') AND NOT EXISTS (
                SELECT FROM bank.party_address AS o WHERE o.party_id = h.party_id
                AND o.address_type IN ('residential', 'postal') AND o.address_type <> h.address_type)
              AND (SELECT count(*) FROM bank.party_address AS o WHERE o.party_id = h.party_id) = 1""",
            self.some(self.parties, 3))

    def notes(self, n):
        """Long notes are written, some are cleared."""
        ids = self.some(self.parties, min(n, 5))
        texts = [None if k < 2 else t for k, t in zip(
            self.numbers(len(ids), 10), self.words(len(ids), 4000))]
        self.noted = (self.noted + ids)[-POOL:]
        return self.run_sql("""UPDATE bank.party AS p SET notes = v.note
            FROM unnest(%s::bigint[], %s::text[]) AS v (id, note) WHERE p.party_id = v.id""", ids, texts)

    def past_notes(self, n):
        """Rows with long notes change elsewhere: the notes are not in the log."""
        return self.run_sql("""UPDATE bank.party SET preferences = preferences || '{"seen": true}',
            risk_score = (coalesce(risk_score, 0) + 1) %% 101 WHERE party_id = ANY (%s)""",
                            self.some(self.noted, n))

    # Rows that come and go

    def customers(self, n):
        """New customers with an account and a card."""
        changed = 0
        for roll in self.numbers(max(1, min(n, 40) // 5), 10**6):
            self.cur.execute("""INSERT INTO bank.party (party_type, tags)
                VALUES ('person', ARRAY['new']) RETURNING party_id""")
            party = self.cur.fetchone()[0]
            self.run_sql("""INSERT INTO bank.person (party_id, last_name, first_name, birth_date, sex)
                VALUES (%s, %s, %s, DATE '1960-01-01' + %s, 'F')""", party,
                w.LAST_RU[roll % len(w.LAST_RU)] + "а", w.FEMALE_RU[roll % len(w.FEMALE_RU)], roll % 16000)
            self.run_sql("INSERT INTO bank.contact (party_id, contact_type, ordinal, value)"
                         " VALUES (%s, 'email', 1, %s)", party, f"f{roll}@mail.example")
            branch = self.branches[roll % len(self.branches)]
            self.cur.execute("""INSERT INTO bank.account (account_no, product_id, branch_id, currency_code)
                SELECT format('40817643%%s%%s%%s', %s::int, lpad(%s::text, 4, '0'),
                              lpad(nextval('bank.account_serial_seq')::text, 7, '0')),
                       min(product_id), %s, 'RUB'
                FROM bank.product WHERE kind = 'current' RETURNING account_id""",
                             (roll % 10, branch, branch))
            account = self.cur.fetchone()[0]
            self.run_sql("INSERT INTO bank.account_holder (account_id, party_id, role) VALUES (%s, %s, 'owner')",
                         account, party)
            self.run_sql("""INSERT INTO bank.card (pan_token, account_id, party_id, scheme, last4,
                    embossed_name, expires_on, status)
                VALUES (%s, %s, %s, 'mir', %s, 'NEW CUSTOMER', CURRENT_DATE + 1826, 'active')""",
                "tok_" + self.rng.bytes(12).hex(), account, party, f"{roll % 10000:04d}")
            changed += 6
            self.fresh.append((party, account))
        return changed

    def departures(self, _):
        """A new customer leaves without a trace: children first, the subtype by cascade."""
        if len(self.fresh) < 20:
            return 0
        party, account = self.fresh.pop(self.numbers(1, len(self.fresh))[0])
        changed = self.run_sql("DELETE FROM bank.card WHERE account_id = %s", account)
        changed += self.run_sql("DELETE FROM bank.account_holder WHERE account_id = %s", account)
        changed += self.run_sql("DELETE FROM bank.account WHERE account_id = %s", account)
        changed += self.run_sql("DELETE FROM bank.contact WHERE party_id = %s", party)
        changed += self.run_sql("DELETE FROM bank.party_address WHERE party_id = %s", party)
        return changed + 2 * self.run_sql("DELETE FROM bank.party WHERE party_id = %s", party)

    def card_ends(self, _):
        """Cards that were never used are deleted, others blocked, or released again."""
        if self.fresh and self.rng.random() < .5:
            party = self.fresh[self.numbers(1, len(self.fresh))[0]][0]
            return self.run_sql("DELETE FROM bank.card WHERE party_id = %s", party)
        return self.run_sql("""UPDATE bank.card
            SET status = CASE status WHEN 'active' THEN 'blocked' ELSE 'active' END::bank.card_status
            WHERE card_id = ANY (%s) AND status IN ('active', 'blocked')""", self.some(self.cards, 2))

    def holders(self, _):
        """Joint holders go, and come back."""
        ids = self.some(self.joint, 3)
        gone = self.run_sql("DELETE FROM bank.account_holder WHERE account_id = ANY (%s)"
                            " AND role <> 'owner'", ids[:1])
        return gone + self.run_sql("""INSERT INTO bank.account_holder (account_id, party_id, role)
            SELECT a.id, %s, 'viewer' FROM unnest(%s::bigint[]) AS a (id)
            ON CONFLICT DO NOTHING""", self.some(self.parties, 1)[0], ids[1:])

    # Keys that change

    def roles(self, _):
        """A holder's role changes, and with it the primary key."""
        return self.run_sql("""
            UPDATE bank.account_holder AS h
            SET role = CASE h.role WHEN 'viewer' THEN 'attorney' ELSE 'viewer' END
            WHERE h.account_id = ANY (%s) AND h.role IN ('viewer', 'attorney') AND NOT EXISTS (
                SELECT FROM bank.account_holder AS o WHERE o.account_id = h.account_id
                AND o.party_id = h.party_id AND o.role IN ('viewer', 'attorney')
                AND o.role <> h.role)""", self.some(self.joint, 3))

    def party_numbers(self, _):
        """Customer numbers corrected under the same primary key."""
        return self.run_sql("""UPDATE bank.party
            SET party_no = 'C' || lpad(nextval('bank.party_no_seq')::text, 10, '0')
            WHERE party_id = ANY (%s)""", self.some(self.parties, 2))

    def account_numbers(self, _):
        """Account numbers corrected under the same primary key."""
        return self.run_sql("""UPDATE bank.account SET account_no = substr(account_no, 1, 13)
            || lpad(nextval('bank.account_serial_seq')::text, 7, '0')
            WHERE account_id = ANY (%s)""", self.some(self.accounts, 2))

    def currency_code(self, _):
        """The Belarusian code changes and back, through every reference: a key and its cascade."""
        self.cur.execute("""SELECT (SELECT count(*) FROM bank.account WHERE currency_code = c.currency_code)
            + (SELECT count(*) FROM bank.product WHERE fee_currency_code = c.currency_code)
            FROM bank.currency AS c WHERE c.numeric_code = '933'""")
        found = self.cur.fetchone()
        return found[0] + self.run_sql("""UPDATE bank.currency SET currency_code =
            CASE currency_code WHEN 'BYN' THEN 'BYB' ELSE 'BYN' END
            WHERE numeric_code = '933'""") if found else 0

    # The rest

    def merchant_facts(self, n):
        """What the acquirer reports."""
        return self.run_sql("""
            UPDATE bank.merchant AS m SET attributes = m.attributes || jsonb_build_object('score', v.x,
                'labels', jsonb_build_array('a', NULL, v.x / 7.0)), is_online = v.x %% 2 = 0
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE m.merchant_id = v.id""",
            *self.keyed(self.merchants, min(n, 10), 1000))

    def nothing_new(self, n):
        """Updates that change no value are in the log all the same."""
        return self.run_sql("UPDATE bank.merchant SET name = name WHERE merchant_id = ANY (%s)",
                            self.some(self.merchants, min(n, 10)))

    def transaction(self):
        """One transaction of several kinds; one in forty is rolled back at its end."""
        counts = Counter()
        keep = self.fresh[:], self.posted[:], self.noted
        weights = [k[1] for k in self.kinds]
        try:
            while sum(counts.values()) < self.batch:
                kind = self.kinds[weighted(self.rng.random(1), weights)[0]][0]
                size = int(self.rng.integers(1, max(2, self.batch // 2 + 1)))
                counts[kind.__name__] += kind(size)
                if self.rng.random() < .1:
                    break
            if self.rng.random() >= 1 / 40:
                self.con.commit()
                self.done.update(counts)
                self.done["transactions"] += 1
                return sum(counts.values())
            self.con.rollback()
            self.done["rolled_back"] += 1
        except LOST as error:
            self.con.rollback()
            self.done["lost"] += 1
            print(f"rolled back: {error.diag.message_primary}", file=sys.stderr)
        except psycopg2.Error as error:
            if not (error.pgcode or "").startswith("BK"):
                raise
            self.con.rollback()
            self.done["refused"] += 1
        self.fresh, self.posted, self.noted = keep
        return 0

    def run(self):
        """Keep the rate until the time is over or SIGTERM comes; a transaction is never cut."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: setattr(self, "stop", True))
        begun = shown = time.monotonic()
        changes = 0
        while not self.stop:
            now = time.monotonic()
            if self.seconds and now - begun >= self.seconds:
                break
            if now - shown >= 5:
                shown = now
                print(f"{now - begun:6.1f} s  {changes:>10,} changes  {changes / (now - begun):,.0f}/s",
                      file=sys.stderr)
            ahead = changes / self.rate - (now - begun)
            if ahead > 0:
                time.sleep(min(ahead, .05))
                continue
            changes += self.transaction()
        took = max(time.monotonic() - begun, 1e-9)
        self.con.close()
        print(json.dumps({"changes": changes, "seconds": round(took, 1),
                          "rate": round(changes / took, 1), **dict(sorted(self.done.items()))}))
