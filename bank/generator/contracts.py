"""What customers have signed besides accounts: cards, employments, standing orders, loans. Columns by entity."""

import numpy as np

from accounts import FOREVER, POSTED, PRODUCT, Pool, day_number, first_account, picked, share

CARD_DAYS = 1826  # from issue to expiry
CARD_STATES = ["active", "frozen", "blocked", "issued"]
YOUNGEST, OLDEST = day_number("2000-12-31"), day_number("1938-01-01")


def birth_day(d, customer):
    """Birthdays of persons; all are of age before the bank's first day."""
    return OLDEST + d.integer("person.birth", customer, YOUNGEST - OLDEST)


def month_of(day):
    """Months since 1970."""
    return np.asarray(day).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)


def month_day(month, day_of_month):
    """The day of a month; both are arrays, and the month has that day."""
    return month.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day_of_month - 1


def repaid(principal, rate, term, number):
    """Principal repaid after so many instalments: an annuity's, and all of it after the last."""
    monthly = np.log1p(rate / 12)
    return np.rint(principal * (np.expm1(number * monthly) / np.expm1(term * monthly))).astype(np.int64)


def annuity(principal, rate, term, number):
    """Principal and interest of an instalment; their sum is the same every month, and all principals add up."""
    whole = np.ceil(principal * (rate / 12) / -np.expm1(-term * np.log1p(rate / 12))).astype(np.int64)
    part = repaid(principal, rate, term, number) - repaid(principal, rate, term, number - 1)
    return part, np.maximum(0, whole - part)


class Cards:
    """A card for most persons, on their first account; a second where the first has expired."""

    def __init__(self, d, accounts, end):
        cal = accounts.cal
        has = ~accounts.extra & ~accounts.organisation & d.below("card.has", accounts.n, cal.card_holders)
        self.account = np.flatnonzero(has).astype(np.int32)
        self.first = len(self.account)
        closed = accounts.closed[self.account]
        self.issued = accounts.opened[self.account] + 3
        self.expires = self.issued + CARD_DAYS
        self.state = d.choice("card.state", self.first, (.93, .02, .03, .02)).astype(np.int8)
        renewed = (self.expires <= end) & (closed == FOREVER) & (self.state != CARD_STATES.index("issued"))
        self.renewed = np.flatnonzero(renewed).astype(np.int32)
        self.second = np.zeros(self.first, dtype=np.int32)
        self.second[self.renewed] = self.first + 1 + np.arange(len(self.renewed))
        self.n = self.first + len(self.renewed)
        self.used = np.flatnonzero(self.state != CARD_STATES.index("issued")).astype(np.int32)
        until = np.where(closed == FOREVER, FOREVER, np.minimum(closed, self.expires))
        self.pool = Pool(self.account[self.used], self.issued[self.used], until[self.used])

    def card_id(self, position, day):
        """The card that a position of the pool has on a day."""
        card = self.used[position]
        return np.where(day < self.expires[card], card + 1, self.second[card])


def payment_pools(accounts):
    """Accounts that payments are made between, for each currency."""
    products = [PRODUCT[p] for p in ("CUR-BASE", "CUR-PLUS", "CUR-PRIME", "CRD-100", "BIZ-START")]
    current = np.isin(accounts.product, products) & accounts.usable
    return [Pool(np.flatnonzero(current & (accounts.currency == c)), accounts.opened[current & (accounts.currency == c)],
                 accounts.closed[current & (accounts.currency == c)]) for c in range(len(POSTED))]


class Work:
    """Persons with an employer: the same one and the same day every month."""

    def __init__(self, d, accounts, months, target):
        cal, owner = accounts.cal, accounts.owner
        able = np.flatnonzero(~accounts.extra & ~accounts.organisation & (owner >= cal.organisation_every))
        able = able[birth_day(d, owner[able]) > day_number("1958-01-01")]
        self.account = share(d, "work.has", able, months, target)
        whose = owner[self.account].astype(np.int64)
        # The older an employer, the larger.
        k = (d.uniform("work.employer", whose) ** 2 * (whose // cal.organisation_every)).astype(np.int64)
        employer = k * cal.organisation_every + cal.organisation_every - 1
        self.employer = first_account(employer)
        self.payday = picked(d, "employer.payday", employer, cal.paydays).astype(np.int64)
        self.amount = d.lognormal("work.salary", whose, cal.salary_median, cal.salary_sigma)
        self.employers, at = np.unique(self.employer, return_inverse=True)
        self.payroll = np.bincount(at, weights=self.amount, minlength=len(self.employers)).astype(np.int64)


def pensioners(d, accounts, months, target):
    """Accounts that get a pension."""
    able = np.flatnonzero(~accounts.extra & ~accounts.organisation)
    able = able[birth_day(d, accounts.owner[able]) < day_number("1962-01-01")]
    return share(d, "pension.has", able, months, target)


class Orders:
    """Standing orders between accounts that stay, in the order of their start."""

    def __init__(self, d, n, pool, start, end, cal):
        index = np.arange(n)
        part = ((index + d.uniform("order.start", index)) / max(n, 1)) ** 2
        self.n, self.starts = n, start + (part * (end - 30 - start)).astype(np.int64)
        steadies = pool.steadies(self.starts)
        debit = (d.uniform("order.debit", index) * steadies).astype(np.int64)
        credit = (debit + 1 + (d.uniform("order.credit", index) * (steadies - 1)).astype(np.int64)) % steadies
        self.debit, self.credit = (pool.accounts[pool.steady[k]].astype(np.int64) for k in (debit, credit))
        self.amount = d.lognormal("order.amount", index, cal.standing_median, cal.standing_sigma)
        late = 1 + d.integer("order.late", index, 31)
        early = 5 + d.integer("order.early", index, 10)
        self.day_of_month = np.where(d.below("order.is_early", index, .55), early, late)
        self.status = d.choice("order.status", index, (.88, .02, .10)).astype(np.int8)  # active, paused, ended
        ended = self.starts + (d.uniform("order.ends", index) * (end - self.starts)).astype(np.int64)
        # A paused order was good for a while; nobody has ended it.
        self.until = np.where(self.status == 0, FOREVER, np.where(self.status == 1, self.starts + 60, ended))


class Loans:
    """Loans to accounts that stay, in the order of their day; the schedule is a function of loan and number."""

    def __init__(self, d, n, pool, start, end, cal):
        index = np.arange(n)
        granted = start + ((index + d.uniform("loan.day", index)) / max(n, 1) * (end - 3 - start)).astype(np.int64)
        month = month_of(granted)
        self.day_of_month = np.minimum(granted - month_day(month, 1) + 1, 28)
        self.n, self.month, self.granted = n, month, month_day(month, self.day_of_month)
        whose = (d.uniform("loan.account", index) * pool.steadies(self.granted)).astype(np.int64)
        self.account = pool.accounts[pool.steady[whose]].astype(np.int64)
        self.principal = np.maximum(1, d.lognormal("loan.amount", index, cal.loan_median, cal.loan_sigma) // 100000) * 100000
        self.rate = picked(d, "loan.rate", n, cal.loan_rates)
        self.term = picked(d, "loan.term", n, cal.loan_terms).astype(np.int64)
        self.due = np.minimum(self.term, int(month_of(end)) - month)
        fate = d.choice("loan.fate", index, (1 - cal.overdue, cal.overdue * .9, cal.overdue * .1))
        missed = np.minimum(self.due, np.array([0, 1, 6])[fate] + (fate == 1) * d.integer("loan.missed", index, 3))
        self.paid = self.due - missed
        self.status = np.where(missed > 0, np.where(fate == 2, 3, 1), np.where(self.paid == self.term, 2, 0))
        self.paid_until = month_day(month + self.paid, self.day_of_month)

    def instalment(self, loan, number):
        """Principal and interest of an instalment."""
        return annuity(self.principal[loan], self.rate[loan], self.term[loan], number)

    def due_on(self, loan, number):
        """Day of an instalment."""
        return month_day(self.month[loan] + number, self.day_of_month[loan])
