"""The plan of a bank: how much of everything there is, and when; from which any part can be made alone.

`Plan(seed, customers, entries)` holds a few dozen bytes an account and a few numbers a day, nothing by transfer.
`settle()` is told what every account will spend, and fixes what it is opened with.
"""

import sys

import numpy as np

from accounts import FOREVER, INTERNAL, POSTED, Accounts, day_number, share
from calibrate import NOMINAL
from contracts import Cards, Loans, Orders, Work, payment_pools, pensioners
from draw import Draw
from fraud import STEPS, Fraud
from schedule import Calendar, Some, Spread, day_weights
from sources import (CardPayments, Cash, Closings, Grants, Instalments, Openings, Payments, Revenues, Reversals, Salaries,
                     StandingOrders, ToAccounts, fee_accounts, settlement, cash_desk)

BRANCHES = 60
SMALLEST = 200


def sizes(scale):
    """Customers and ledger entries of a scale: 1 is about a million published rows in all tables."""
    customers = max(SMALLEST, -(-round(12000 * scale) // 20) * 20)
    return customers, max(4000, round(400000 * scale))


class Plan:
    """Everything that is decided before the first row is made."""

    def __init__(self, seed, customers, entries, calibration=NOMINAL):
        self.seed, self.d, self.cal = seed, Draw(seed), calibration
        self.customers = max(SMALLEST, -(-customers // 20) * 20)
        self.transfers = entries // 2
        self.start, self.end = day_number(self.cal.start), day_number(self.cal.end)
        self.calendar = Calendar(day_number(self.cal.first_day), self.end)
        self.merchants = min(200000, max(50, self.customers // 6))
        self.shops = self.merchants * 6 // 10
        self.addresses = BRANCHES + self.shops + self.customers
        self.accounts = Accounts(self.d, self.customers, self.cal)
        self.cards = Cards(self.d, self.accounts, self.end)
        self.pools = payment_pools(self.accounts)
        self.opening = self.closing = None
        self.settled = self.transfers - int(self.accounts.usable.sum())  # from `start` on
        self._contracts()
        self._sources()

    def _contracts(self):
        d, cal, accounts = self.d, self.cal, self.accounts
        months = accounts.months(self.start, self.end)
        self.work = Work(d, accounts, months, cal.salary * self.settled)
        self.pension = pensioners(d, accounts, months, cal.pension * self.settled)
        able = np.flatnonzero(accounts.usable)
        self.interest = share(d, "interest.has", able, months, cal.interest * self.settled)
        self.fee = share(d, "fee.has", fee_accounts(accounts), months, cal.fee * self.settled)
        self.orders = self._sized(Orders, StandingOrders, "orders", cal.standing_order, 15.5)
        self.loans = self._sized(Loans, Instalments, "loans", cal.instalment, 9.5)

    def _sized(self, kind, source, name, part, each):
        """So many contracts that their postings are the part that is wanted: a guess, mended twice."""
        wanted = part * self.settled
        n = max(2, round(wanted / each))
        for _ in range(3):
            made = kind(self.d, n, self.pools[0], self.start, self.end, self.cal)
            setattr(self, name, made)
            has = int(source(self).when.count.sum())
            n = max(2, round(n * wanted / max(has, 1)))
        return made

    def _sources(self):
        scheduled = [Openings(self), Closings(self), Salaries(self), Revenues(self),
                     ToAccounts(self, "pension", self.pension, 3 + self.d.integer("pension.day", len(self.pension), 13)),
                     ToAccounts(self, "interest", self.interest, np.full(len(self.interest), 31)),
                     ToAccounts(self, "fee", self.fee, np.full(len(self.fee), 31)),
                     StandingOrders(self), Grants(self), Instalments(self), self._fraud()]
        cards, payments, cash, reversals = self._free(scheduled)
        self.sources = [cards, reversals, payments, cash, *scheduled]
        self.count = sum(s.when.count for s in self.sources)
        self.before = np.concatenate([[0], np.cumsum(self.count)])

    def _noise(self, name):
        return self.d.normal(name, self.calendar.n)

    def _fraud(self):
        cases = max(1, round(self.cal.fraud * self.transfers / STEPS))
        when = Spread(self.calendar, cases, self.calendar.during(self.start).astype(float), self._noise("fraud.days"))
        when.before, when.count = when.before * STEPS, when.count * STEPS
        return Fraud(self, when)

    def _free(self, scheduled):
        """Card payments, payments and cash fill what the schedules leave."""
        cal = self.cal
        fixed = sum(s.when.count for s in scheduled)
        cards, cash = (round(part * self.settled) for part in (cal.card, cal.cash))
        every = max(2, round(1 / cal.reversal))
        payments = self.transfers - int(fixed.sum()) - cards - cash - cards // every
        if payments < 0:
            sys.exit(f"{2 * self.transfers:,} entries are too few for {self.customers:,} customers")
        kinds = [(cards, cal.card_weekdays), (payments, cal.payment_weekdays), (cash, cal.cash_weekdays)]
        fixed = fixed * self.calendar.during(self.start)
        weights = day_weights(self.calendar, self.start, kinds, fixed, (cal.early_share, cal.late_share))
        whens = [Spread(self.calendar, kind[0], weight, self._noise(name)) for kind, weight, name in
                 zip(kinds, weights, ("card.days", "payment.days", "cash.days"))]
        cards = CardPayments(self, whens[0])
        later = Some(whens[0], every, lambda q: self.d.uniform("reversal.which", q))
        return cards, Payments(self, whens[1]), Cash(self, whens[2]), Reversals(self, later, cards)

    def settle(self, balances):
        """Fix the first and last amount of each account, so that none is ever overdrawn."""
        a, cal = self.accounts, self.cal
        low = -np.minimum(0, balances.low[INTERNAL + 1:])
        spare = self.d.lognormal("opening.amount", a.n, cal.opening_median, cal.opening_sigma)
        lent = (a.limit * .8 * self.d.uniform("opening.lent", a.n)).astype(np.int64)
        self.opening = np.where(a.usable, np.maximum(100, low + spare - lent), 0)
        has = self.opening + balances.net[INTERNAL + 1:]
        self.closing = np.where(a.closed < FOREVER, has, 0)
        balances.net[INTERNAL + 1:] = has - self.closing
        for c in range(len(POSTED)):
            mine = a.currency == c
            balances.net[settlement(c)] -= self.opening[mine].sum()
            balances.net[cash_desk(c)] += self.closing[mine].sum()
        self.balances = balances

    def spans(self, most=1 << 16):
        """The days cut into stretches of at most so many transfers, where a day has not more."""
        out, begin = [], 0
        for k in range(self.calendar.n):
            if k > begin and self.before[k + 1] - self.before[begin] > most:
                out.append((begin, k))
                begin = k
        out.append((begin, self.calendar.n))
        return [(a + self.calendar.first, b + self.calendar.first) for a, b in out]
