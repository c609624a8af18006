"""Where transfers come from: for each reason a calendar, the time of day, and the columns of its rows.

A source has `when` (a calendar of schedule.py), `seconds(event, day)` and `fill(event, day, rows)`.
"""

import numpy as np

import words as w
from accounts import INTERNAL, POSTED, PRODUCT
from contracts import month_of
from draw import zipf
from schedule import Monthly, Once

KINDS = ["opening", "payment", "card", "salary", "standing_order", "cash", "interest", "reversal", "loan", "instalment", "fee"]
KIND = {k: n for n, k in enumerate(KINDS)}
CHANNELS = ["branch", "web", "mobile", "terminal", "batch"]
CHANNEL = {c: n for n, c in enumerate(CHANNELS)}
TOLD = w.NARRATIVES + w.ORDERS + ["Заработная плата", "Пенсия", "Выручка", "Выдача кредита", "Погашение кредита",
                                  "Проценты за месяц", "Плата за обслуживание", "Закрытие счёта", "Reversal"]
ORDER_TOLD = len(w.NARRATIVES)
#: Columns of transfers: type, and what stands where a source says nothing.
FIELDS = {"at": ("i8", 0), "debit": ("i4", 0), "credit": ("i4", 0), "amount": ("i8", 0), "kind": ("i1", 0), "channel": ("i1", 0),
          "currency": ("i1", 0), "card": ("i4", 0), "merchant": ("i4", 0), "reverses": ("i8", -1), "told": ("i1", 0),
          "ip": ("i1", 0), "case": ("i8", -1), "step": ("i1", 0), "order": ("i8", -1), "loan": ("i4", -1), "number": ("i2", 0),
          "dispute": ("i1", 0)}


class Rows:
    """Columns of transfers, by position."""

    def __init__(self, n):
        for name, (kind, default) in FIELDS.items():
            setattr(self, name, np.full(n, default, dtype=kind))

    def part(self, a, b):
        """The same columns, of some rows; what is put there is put here."""
        out = object.__new__(Rows)
        for name in FIELDS:
            setattr(out, name, getattr(self, name)[a:b])
        return out

    def set(self, **columns):
        """Put values into columns."""
        for name, values in columns.items():
            getattr(self, name)[:] = values


def settlement(currency):
    """The bank's own account that the other side of most postings is."""
    return currency + 1


def cash_desk(currency):
    """The bank's cash."""
    return currency + 1 + len(POSTED)


class Source:
    """What most sources share."""

    name = ""

    def __init__(self, plan, when):
        self.plan, self.d, self.cal, self.when = plan, plan.d, plan.cal, when

    def uniform(self, column, event):
        return self.d.uniform(f"{self.name}.{column}", event)

    def seconds(self, event, day):
        """In the hours of its batch; another time each day."""
        first, hours = self.cal.batch_hours[self.name]
        return 3600 * first + (self.uniform("at", event * 4096 + day % 4096) * 3600 * hours).astype(np.int64)

    def by_customers(self, event):
        """By the hourly curve."""
        hour = self.d.choice(f"{self.name}.hour", event, self.cal.hours)
        return hour * 3600 + (self.uniform("second", event) * 3599).astype(np.int64)


class CardPayments(Source):
    name = "card"

    def __init__(self, plan, when):
        super().__init__(plan, when)
        self.ranks = np.cumsum(zipf(plan.merchants, self.cal.zipf))

    def seconds(self, event, day):
        return self.by_customers(event)

    def fill(self, event, day, rows):
        cards = self.plan.cards
        at = cards.pool.pick(self.uniform("payer", event), self.uniform("other", event), day)
        merchant = np.searchsorted(self.ranks, self.uniform("merchant", event) * self.ranks[-1], side="right") + 1
        rows.set(debit=INTERNAL + 1 + cards.pool.accounts[at], credit=settlement(0), kind=KIND["card"],
                 channel=CHANNEL["terminal"], card=cards.card_id(at, day), merchant=merchant,
                 amount=self.d.lognormal("card.amount", event, self.cal.card_median, self.cal.card_sigma),
                 dispute=self.d.below("card.dispute", event, self.cal.dispute))


class Payments(Source):
    name = "payment"

    def seconds(self, event, day):
        return self.by_customers(event)

    def currency(self, event, day):
        """Mostly roubles; others only where two accounts have them."""
        wanted = self.d.choice("payment.currency", event, (.965, .02, .01, .005))
        for c in range(1, len(POSTED)):
            mine = wanted == c
            wanted[mine] *= self.plan.pools[c].steadies(day[mine]) > 1
        return wanted

    def fill(self, event, day, rows):
        currency = self.currency(event, day)
        for c in range(len(POSTED)):
            mine = np.flatnonzero(currency == c)
            if len(mine):
                pool, e, k = self.plan.pools[c], event[mine], day[mine]
                payer = pool.pick(self.uniform("payer", e), self.uniform("payer2", e), k)
                payee = pool.other(payer, self.uniform("payee", e), self.uniform("payee2", e), k)
                rows.debit[mine] = INTERNAL + 1 + pool.accounts[payer]
                rows.credit[mine] = INTERNAL + 1 + pool.accounts[payee]
        web = self.d.below("payment.web", event, .3)
        rows.set(currency=currency, kind=KIND["payment"], channel=np.where(web, CHANNEL["web"], CHANNEL["mobile"]), ip=1,
                 told=self.d.integer("payment.told", event, len(w.NARRATIVES)),
                 amount=self.d.lognormal("payment.amount", event, self.cal.payment_median, self.cal.payment_sigma))


class Cash(Source):
    name = "cash"

    def seconds(self, event, day):
        return self.by_customers(event)

    def fill(self, event, day, rows):
        pool = self.plan.pools[0]
        at = pool.pick(self.uniform("payer", event), self.uniform("payer2", event), day)
        at_desk = self.d.below("cash.desk", event, .2)
        rows.set(debit=INTERNAL + 1 + pool.accounts[at], credit=cash_desk(0), kind=KIND["cash"],
                 channel=np.where(at_desk, CHANNEL["branch"], CHANNEL["terminal"]),
                 amount=self.d.lognormal("cash.amount", event, self.cal.cash_median, self.cal.cash_sigma))


class Reversals(Source):
    """Card payments taken back on the same day; `fill` gets the payments' rows with `link`."""

    name = "reversal"

    def __init__(self, plan, when, cards):
        super().__init__(plan, when)
        self.cards = cards

    def seconds(self, event, day):
        first = self.cards.seconds(self.when.of(event), day)
        return first + 1 + (self.uniform("later", event) * np.minimum(7200, 86398 - first)).astype(np.int64)

    def fill(self, event, day, rows):
        rows.set(kind=KIND["reversal"], channel=CHANNEL["terminal"], told=TOLD.index("Reversal"))

    def link(self, event, rows, all_rows, begin, first):
        """Mirror the payments, which lie from `begin` on; `first` is the number of the first of them."""
        at = begin + self.when.of(event) - first
        rows.set(debit=all_rows.credit[at], credit=all_rows.debit[at], amount=all_rows.amount[at], reverses=at)


class Salaries(Source):
    name = "salary"

    def __init__(self, plan):
        self.work = plan.work
        start = plan.accounts.opened[self.work.account]
        super().__init__(plan, Monthly(plan.calendar, self.work.payday, np.maximum(start, plan.start - 1),
                                       plan.accounts.closed[self.work.account] - 1))

    def fill(self, event, day, rows):
        rows.set(debit=INTERNAL + 1 + self.work.employer[event], credit=INTERNAL + 1 + self.work.account[event],
                 amount=self.work.amount[event], kind=KIND["salary"], channel=CHANNEL["batch"],
                 told=TOLD.index("Заработная плата"))


class Revenues(Source):
    """What employers earn elsewhere, and pay salaries from."""

    name = "revenue"

    def __init__(self, plan):
        self.work = plan.work
        n = len(self.work.employers)
        start = plan.accounts.opened[self.work.employers]
        super().__init__(plan, Monthly(plan.calendar, 1 + plan.d.integer("revenue.day", n, 4),
                                       np.maximum(start, plan.start - 1), np.full(n, plan.end)))

    def fill(self, event, day, rows):
        more = 1.02 + .2 * self.uniform("more", event * 4096 + month_of(day))
        rows.set(debit=settlement(0), credit=INTERNAL + 1 + self.work.employers[event], kind=KIND["payment"],
                 amount=np.rint(self.work.payroll[event] * more).astype(np.int64), channel=CHANNEL["batch"],
                 told=TOLD.index("Выручка"))


class ToAccounts(Source):
    """Once a month from or to the bank: pensions, interest, fees."""

    def __init__(self, plan, name, account, day_of_month):
        self.name, self.account = name, account
        start = np.maximum(plan.accounts.opened[account], plan.start - 1)
        super().__init__(plan, Monthly(plan.calendar, day_of_month, start, plan.accounts.closed[account] - 1))

    def fill(self, event, day, rows):
        getattr(self, "_" + self.name)(event, day, rows, self.plan.accounts.currency[self.account[event]])
        rows.set(channel=CHANNEL["batch"])

    def _pension(self, event, day, rows, currency):
        whose = self.account[event]
        rows.set(debit=settlement(0), credit=INTERNAL + 1 + whose, kind=KIND["salary"], told=TOLD.index("Пенсия"),
                 amount=self.d.lognormal("pension.amount", whose, self.cal.pension_median, self.cal.pension_sigma))

    def _interest(self, event, day, rows, currency):
        whose = self.account[event]
        z = .95 * self.d.normal("interest.size", whose)
        z += (1 - .95 ** 2) ** .5 * self.d.normal("interest.month", whose * 4096 + month_of(day))
        amount = np.maximum(1, np.rint(self.cal.interest_median * np.exp(self.cal.interest_sigma * z)))
        rows.set(debit=settlement(currency), credit=INTERNAL + 1 + whose, currency=currency, kind=KIND["interest"],
                 amount=amount.astype(np.int64), told=TOLD.index("Проценты за месяц"))

    def _fee(self, event, day, rows, currency):
        whose = self.account[event]
        fees = np.array([max(p[4], self.cal.fee_minor) for p in w.PRODUCTS])
        rows.set(debit=INTERNAL + 1 + whose, credit=settlement(0), kind=KIND["fee"], told=TOLD.index("Плата за обслуживание"),
                 amount=fees[self.plan.accounts.product[whose] - 1])


class StandingOrders(Source):
    name = "standing_order"

    def __init__(self, plan):
        o = self.orders = plan.orders
        super().__init__(plan, Monthly(plan.calendar, o.day_of_month, o.starts - 1, o.until))

    def fill(self, event, day, rows):
        o = self.orders
        rows.set(debit=INTERNAL + 1 + o.debit[event], credit=INTERNAL + 1 + o.credit[event], amount=o.amount[event],
                 kind=KIND["standing_order"], channel=CHANNEL["batch"], order=event, told=ORDER_TOLD + event % len(w.ORDERS))


class Grants(Source):
    name = "loan"

    def __init__(self, plan):
        super().__init__(plan, Once(plan.calendar, plan.loans.granted))

    def fill(self, event, day, rows):
        rows.set(debit=settlement(0), credit=INTERNAL + 1 + self.plan.loans.account[event], kind=KIND["loan"],
                 amount=self.plan.loans.principal[event], channel=CHANNEL["branch"], told=TOLD.index("Выдача кредита"))


class Instalments(Source):
    name = "instalment"

    def __init__(self, plan):
        loans = plan.loans
        super().__init__(plan, Monthly(plan.calendar, loans.day_of_month, loans.granted + 20, loans.paid_until))

    def fill(self, event, day, rows):
        loans = self.plan.loans
        number = month_of(day) - loans.month[event]
        principal, interest = loans.instalment(event, number)
        rows.set(debit=INTERNAL + 1 + loans.account[event], credit=settlement(0), amount=principal + interest, loan=event,
                 number=number, kind=KIND["instalment"], channel=CHANNEL["batch"], told=TOLD.index("Погашение кредита"))


class Openings(Source):
    """The first money of an account: as much as it will ever need, and something over. Zero before that is known."""

    name = "opening"

    def __init__(self, plan):
        super().__init__(plan, Once(plan.calendar, np.where(plan.accounts.usable, plan.accounts.opened, -1)))

    def fill(self, event, day, rows):
        currency = self.plan.accounts.currency[event].astype(np.int64)
        rows.set(debit=settlement(currency), credit=INTERNAL + 1 + event, kind=KIND["opening"], currency=currency,
                 channel=CHANNEL["branch"], amount=0 if self.plan.opening is None else self.plan.opening[event])


class Closings(Source):
    """The last money of an account is paid out in cash."""

    name = "closing"

    def __init__(self, plan):
        super().__init__(plan, Once(plan.calendar, plan.accounts.closed))

    def fill(self, event, day, rows):
        currency = self.plan.accounts.currency[event].astype(np.int64)
        rows.set(debit=INTERNAL + 1 + event, credit=cash_desk(currency), kind=KIND["cash"], currency=currency,
                 channel=CHANNEL["branch"], amount=0 if self.plan.closing is None else self.plan.closing[event],
                 told=TOLD.index("Закрытие счёта"))


def fee_accounts(accounts):
    """Accounts that a fee may be taken from."""
    return np.flatnonzero(~accounts.extra & (accounts.product != PRODUCT["CRD-100"]))
