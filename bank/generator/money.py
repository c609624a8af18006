"""Live postings: payments, cards, salaries, orders, loans, reversals, disputes, closings, rates, and fraud.

A mixin of live.Live. Whatever touches the bank's own accounts comes first in a transaction (see live.KINDS), so that
sessions wait for these hot rows while they hold nothing else.
"""

import json
import uuid

import numpy as np

import words as w
from contracts import annuity
from draw import weighted

ROUBLES, CASH = 1, 5  # the bank's own accounts in roubles: settlement, cash
RATES = {"USD": 90.5, "EUR": 98.6, "CNY": 12.55, "BYN": 27.9}


class Money:
    """Changes of the ledger and around it."""

    def new_uuid(self):
        """The client's id of a transfer."""
        return str(uuid.UUID(bytes=self.rng.bytes(16), version=4))

    def amounts(self, n, median, sigma):
        """Lognormal amounts."""
        return np.maximum(1, median * np.exp(sigma * self.rng.standard_normal(n))).astype(np.int64).tolist()

    def post(self, moves, kind, channel, ip="10.8.0.1"):
        """Post what funds and states allow; bank.transfer itself would refuse the whole batch.

        `moves` are (debit, credit, amount, card, merchant, narrative). Returns those posted, as {uuid: transfer_id}.
        """
        if not moves:
            return {}
        columns = list(zip(*moves))
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
                ORDER BY least(v.debit, v.credit), greatest(v.debit, v.credit))
            SELECT a.id::text, r.transfer_id FROM asked AS a CROSS JOIN LATERAL bank.transfer(
                a.id, a.debit, a.credit, a.amount, a.currency_code, %s::bank.transfer_kind,
                %s::bank.channel, a.told, a.card, a.merchant, NULL, %s::inet) AS r
            WHERE r.is_new""", ([self.new_uuid() for _ in moves], *map(list, columns), kind, channel, ip))
        found = dict(self.cur.fetchall())
        self.posted = (self.posted + list(found.values()))[-500:]
        return found

    def transfers(self, n):
        """Payments between customers."""
        debit = self.some(self.accounts, max(1, n // 4))
        credit = [self.accounts[k] for k in self.numbers(len(debit), len(self.accounts))]
        amounts = self.amounts(len(debit), self.cal.payment_median / 5, self.cal.payment_sigma)
        told = [w.NARRATIVES[k] for k in self.numbers(len(debit), len(w.NARRATIVES))]
        moves = [(d, c, a, None, None, t) for d, c, a, t in zip(debit, credit, amounts, told) if d != c]
        return 4 * len(self.post(moves, "payment", "mobile"))

    def card_payments(self, n):
        """Card payments to the bank's settlement account: the hot row."""
        self.cur.execute("""SELECT DISTINCT ON (account_id) card_id, account_id FROM bank.card
            WHERE card_id = ANY (%s) AND status = 'active' AND expires_on >= CURRENT_DATE ORDER BY account_id, card_id""",
                         (self.some(self.cards, max(1, n // 4)),))
        cards = self.cur.fetchall()
        amounts = self.amounts(len(cards), self.cal.card_median, self.cal.card_sigma)
        shops = [self.merchants[k] for k in weighted(self.rng.random(len(cards)), self.ranks)]
        moves = [(account, ROUBLES, amount, card, shop, None) for (card, account), amount, shop in zip(cards, amounts, shops)]
        return 4 * len(self.post(moves, "card", "terminal"))

    def cash(self, n):
        """Withdrawals at machines."""
        ids = self.some(self.accounts, max(1, n // 8))
        amounts = self.amounts(len(ids), self.cal.cash_median / 5, self.cal.cash_sigma)
        return 4 * len(self.post([(k, CASH, a, None, None, None) for k, a in zip(ids, amounts)], "cash", "terminal"))

    def salaries(self, n):
        """An employer earns something and pays some of its staff, as it did before."""
        if not self.staff:
            return 0
        employer = list(self.staff)[self.numbers(1, len(self.staff))[0]]
        people = self.staff[employer]
        paid = [people[k] for k in sorted(set(self.numbers(max(1, n // 5), len(people))))]
        earned = self.post([(ROUBLES, employer, sum(p[1] for p in paid), None, None, "Выручка")], "payment", "batch")
        return 4 * (len(earned) + len(self.post([(employer, account, amount, None, None, "Заработная плата")
                                                 for account, amount in paid], "salary", "batch")))

    def first_money(self, account):
        """A new customer pays in; the account takes part from now on."""
        self.accounts.append(account)
        return 4 * len(self.post([(ROUBLES, account, a, None, None, None) for a in
                                  self.amounts(1, self.cal.opening_median, self.cal.opening_sigma)], "opening", "branch"))

    def reversals(self, _):
        """Take back a transfer of this run, if nobody has and the payee can pay."""
        return 5 * self.run_sql("""
            WITH asked AS MATERIALIZED (
                SELECT t.* FROM bank.transfer AS t
                JOIN bank.account AS d ON d.account_id = t.credit_account_id
                JOIN bank.account AS c ON c.account_id = t.debit_account_id
                JOIN bank.account_balance AS b ON b.account_id = t.credit_account_id
                WHERE t.transfer_id = ANY (%s) AND t.kind IN ('card', 'payment') AND d.status = 'active'
                  AND c.status = 'active'
                  AND b.balance_minor + d.overdraft_limit_minor >= t.amount_minor
                  AND NOT EXISTS (SELECT FROM bank.transfer AS r
                                  WHERE r.reversal_of = t.transfer_id) LIMIT 1)
            SELECT r.* FROM asked AS a
            CROSS JOIN LATERAL bank.reverse(%s::uuid, a.transfer_id, 'Reversal') AS r""",
            self.some(self.posted, 3), self.new_uuid())

    def disputes(self, _):
        """A customer does not know a payment: its status is appended."""
        return self.run_sql("""INSERT INTO bank.transfer_status (transfer_id, status, reason)
            SELECT t.id, 'disputed', %s FROM unnest(%s::bigint[]) AS t (id) ON CONFLICT DO NOTHING""",
                            w.DISPUTES[self.numbers(1, len(w.DISPUTES))[0]], self.some(self.posted, 2))

    def rates(self, _):
        """The rates of the day, and what has moved since."""
        codes = list(RATES)[:3]
        rolls = [1 + k / 10**5 for k in self.numbers(len(codes), 1000)]
        return self.run_sql("""
            INSERT INTO bank.exchange_rate AS e (base_code, quote_code, rate_date, source, rate)
            SELECT v.code, 'RUB', CURRENT_DATE, 'market', v.rate FROM unnest(%s::text[], %s::numeric[]) AS v (code, rate)
            ON CONFLICT (base_code, quote_code, rate_date, source) DO UPDATE SET rate = EXCLUDED.rate""",
            codes, [round(RATES[c] * r, 6) for c, r in zip(codes, rolls)])

    def orders(self, n):
        """Standing orders are given, moved to another day, paused and ended; another amount is another order."""
        ids, rolls = self.keyed(self.accounts, min(n, 4), 10**6)
        made = [(k, self.accounts[x % len(self.accounts)], 10000 + x, 1 + x % 31) for k, x in zip(ids, rolls)]
        made = [m for m in made if m[0] != m[1]] or [(ids[0], ROUBLES, 10000, 5)]
        changed = self.run_sql("""
            INSERT INTO bank.standing_order (debit_account_id, credit_account_id, amount_minor, day_of_month, starts_on, narrative)
            SELECT v.*, CURRENT_DATE + 1, %s FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::smallint[]) AS v""",
            w.ORDERS[rolls[0] % len(w.ORDERS)], *map(list, zip(*made)))
        return changed + self.run_sql("""
            UPDATE bank.standing_order AS s SET day_of_month = 1 + v.x %% 31,
                status = CASE v.x %% 4 WHEN 0 THEN 'paused' WHEN 1 THEN 'ended' ELSE 'active' END,
                ends_on = CASE WHEN v.x %% 4 = 1 THEN greatest(s.starts_on, CURRENT_DATE) END
            FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, x) WHERE s.standing_order_id = v.id""",
            *self.keyed(self.standing, 3, 1000))

    def orders_due(self):
        """Post the standing orders of one day, in transactions of their own; the next time those of the day after."""
        self.con.autocommit = True
        try:
            self.cur.execute("CALL bank.run_standing_orders(CURRENT_DATE - %s)", (self.order_day,))
            posted, refused = self.cur.fetchone()
        finally:
            self.con.autocommit = False
        self.order_day = (self.order_day - 1) % 28
        self.done.update(standing_orders=4 * posted, standing_orders_refused=refused)
        return 4 * posted

    def loans(self, _):
        """A loan: contract, schedule, and the money."""
        account = self.some(self.accounts, 1)[0]
        roll = self.numbers(1, 10**6)[0]
        principal, rate, term = 100000 * (1 + roll % 500), (.149, .189, .229)[roll % 3], 3 + roll % 10
        found = self.post([(ROUBLES, account, principal, None, None, "Выдача кредита")], "loan", "branch")
        if not found:
            return 0
        self.cur.execute("""INSERT INTO bank.loan (account_id, product_id, principal_minor, annual_rate, term_months, granted_on)
            SELECT %s, p.product_id, %s, %s, %s, CURRENT_DATE FROM bank.product AS p WHERE p.product_code = 'LOAN-CASH'
            RETURNING loan_id""", (account, principal, rate, term))
        loan = self.cur.fetchone()[0]
        parts = annuity(np.full(term, principal), np.full(term, rate), np.full(term, term), np.arange(1, term + 1))
        self.lent.append(loan)
        return 5 + self.run_sql("""
            INSERT INTO bank.loan_schedule (loan_id, instalment_no, due_on, principal_minor, interest_minor)
            SELECT %s, v.no, (CURRENT_DATE + v.no * INTERVAL '1 month')::date, v.principal, v.interest
            FROM unnest(%s::int[], %s::bigint[], %s::bigint[]) AS v (no, principal, interest)""",
            loan, list(range(1, term + 1)), *(p.tolist() for p in parts))

    def instalments(self, _):
        """The next instalment of a loan is paid; the last one ends it."""
        self.cur.execute("""SELECT s.loan_id, s.instalment_no, l.account_id, s.principal_minor + s.interest_minor,
                s.instalment_no = l.term_months
            FROM bank.loan AS l CROSS JOIN LATERAL (SELECT * FROM bank.loan_schedule AS s WHERE s.loan_id = l.loan_id
                AND s.paid_by IS NULL ORDER BY s.instalment_no LIMIT 1) AS s
            WHERE l.loan_id = ANY (%s) AND l.status IN ('active', 'overdue') ORDER BY 1 LIMIT 2 FOR UPDATE OF l SKIP LOCKED""",
                         (self.some(self.lent, 4),))
        changed = 0
        for loan, number, account, amount, last in self.cur.fetchall():
            for transfer in self.post([(account, ROUBLES, amount, None, None, "Погашение кредита")], "instalment",
                                      "batch").values():
                changed += 4 + self.run_sql("UPDATE bank.loan_schedule SET paid_by = %s WHERE loan_id = %s AND instalment_no = %s",
                                            transfer, loan, number)
                changed += self.run_sql("UPDATE bank.loan SET status = %s WHERE loan_id = %s",
                                        "repaid" if last else "active", loan)
        return changed

    def closures(self, _):
        """An account is emptied and closed with its cards; who has no other one has left."""
        self.cur.execute("""SELECT a.account_id, b.balance_minor FROM bank.account AS a
            JOIN bank.account_balance AS b ON b.account_id = a.account_id
            WHERE a.account_id = ANY (%s) AND a.status = 'active' AND b.balance_minor >= 0 AND a.opened_on <= CURRENT_DATE
              AND NOT EXISTS (SELECT FROM bank.loan AS l WHERE l.account_id = a.account_id AND l.status IN ('active', 'overdue'))
            ORDER BY 1 LIMIT 1""", (self.some(self.accounts[len(self.accounts) // 2:], 3),))
        changed = 0
        for account, balance in self.cur.fetchall():
            if balance:
                changed += 4 * len(self.post([(account, CASH, balance, None, None, "Закрытие счёта")], "cash", "branch"))
            changed += self.run_sql("UPDATE bank.account SET status = 'closed', closed_on = CURRENT_DATE WHERE account_id = %s",
                                    account)
            changed += self.run_sql("UPDATE bank.card SET status = 'blocked' WHERE account_id = %s AND status <> 'blocked'",
                                    account)
            changed += self.run_sql("""UPDATE bank.account_holder SET valid_to = greatest(valid_from, CURRENT_DATE)
                WHERE account_id = %s AND valid_to IS NULL""", account)
            changed += self.run_sql("""UPDATE bank.party AS p SET status = 'left' FROM bank.account_holder AS h
                WHERE h.account_id = %s AND h.role = 'owner' AND p.party_id = h.party_id AND NOT EXISTS (
                    SELECT FROM bank.account_holder AS o JOIN bank.account AS a ON a.account_id = o.account_id
                    WHERE o.party_id = h.party_id AND a.status <> 'closed')""", account)
        return changed

    def frauds(self, _):
        """A case of eight transfers, where the share of fraud allows one more; labelled once it has committed."""
        if self.cases * 8 > self.cal.fraud * self.done_transfers():
            return 0
        self.cases += 1
        pattern = ("takeover", "mule", "cycle", "card_testing")[self.numbers(1, 4)[0]]
        kind, channel = ("card", "terminal") if pattern == "card_testing" else ("payment", "mobile")
        case, found = f"L{self.run_id}-{self.cases:05d}", []
        for move in self.steps(pattern):
            found += self.post([move], kind, channel, "198.18.101.7")
        self.labels += [json.dumps({"transfer_uuid": k, "pattern": pattern, "case": case, "step": n})
                        for n, k in enumerate(found)]
        return 4 * len(found)

    def steps(self, pattern):
        """The eight moves of a case."""
        if pattern == "card_testing":
            self.cur.execute("SELECT account_id, card_id FROM bank.card WHERE card_id = ANY (%s) AND status = 'active'"
                             " AND expires_on >= CURRENT_DATE LIMIT 1", (self.some(self.cards, 9),))
            card = self.cur.fetchone()
            shops = self.some(self.merchants, 30) * 8
            return [(card[0], ROUBLES, 100 + k, card[1], shop, None) for k, shop in zip(self.numbers(8, 4900), shops)] if card else []
        some = [self.accounts[k] for k in self.rng.permutation(len(self.accounts))[:9]]
        pairs = {"takeover": [(some[0], some[k % 3 + 1]) for k in range(8)],
                 "mule": [(some[k + 1], some[0]) for k in range(5)] + [(some[0], some[k]) for k in (6, 7, 8)],
                 "cycle": [(some[k], some[(k + 1) % 8]) for k in range(8)]}[pattern]
        return [(debit, credit, 50000 + k, None, None, None) for (debit, credit), k in zip(pairs, self.numbers(8, 10**6))]

    def done_transfers(self):
        """How many transfers this run has posted, roughly."""
        return 1 + sum(self.done[k] for k in ("transfers", "card_payments", "salaries", "cash")) // 4
