"""Who holds which account from when to when: a few bytes an account, all of it a function of the index.

Customers come in the order of their first day, accounts in that of their opening: of five accounts four are the first of
a customer each and the fifth is a further one of somebody who is there already. Indices are from 0; account_id of the
first is INTERNAL + 1, because the bank's own accounts come before.
"""

import numpy as np

import words as w
from draw import weighted

FOREVER = 1 << 30  # the closing day of accounts that are not closed
NEVER_CLOSED = 40  # the first accounts stay, so that there always is somebody
POSTED = ["RUB", "USD", "EUR", "CNY"]  # BYN accounts stay without postings: their code may change
CURRENCIES = POSTED + ["BYN"]
# The bank's own accounts: settlement, then cash, for each posted currency.
INTERNAL = 2 * len(POSTED)
PRODUCT = {p[0]: k + 1 for k, p in enumerate(w.PRODUCTS)}
CREDIT_LIMIT = 10000000


def day_number(text):
    """Days since 1970."""
    return int(np.datetime64(text, "D").astype(int))


def first_account(customer):
    """Index of a customer's first account."""
    return customer // 4 * 5 + customer % 4


class Accounts:
    """Columns of accounts: owner, opened, closed, currency, product, limit."""

    def __init__(self, d, customers, cal):
        self.d, self.customers, self.cal = d, customers, cal
        self.n = customers * 5 // 4
        i = np.arange(self.n)
        block, rank = np.divmod(i, 5)
        self.extra = rank == 4
        self.owner = np.where(self.extra, d.integer("account.owner", i, 4 * block + 4), 4 * block + rank).astype(np.int32)
        self.opened = self.since(4 * block + np.minimum(rank, 3)).astype(np.int32)
        self.organisation = self.is_organisation(self.owner)
        self.currency = np.where(self.extra, d.choice("account.currency", i, cal.currencies), 0).astype(np.int8)
        self.usable = self.currency < len(POSTED)
        self.product = self._products(i)
        self.limit = np.where(self.product == PRODUCT["CRD-100"], CREDIT_LIMIT, 0)
        self.closed = self._closings(i)
        self.left = self._left()

    def _left(self):
        """Which customers have left: their account is closed, and they had only one."""
        keeps = np.zeros(self.customers, dtype=bool)
        keeps[self.owner[self.extra]] = True
        return (self.closed[first_account(np.arange(self.customers))] < FOREVER) & ~keeps

    def since(self, customer):
        """First day of customers, later for later ones."""
        cal = self.cal
        first, start, end = day_number(cal.first_day), day_number(cal.start) - 12, day_number(cal.end) - 60
        at = (customer + self.d.uniform("party.since", customer)) / self.customers
        early = first + at / cal.settled_share * (start - first)
        late = start + (at - cal.settled_share) / (1 - cal.settled_share) * (end - start)
        return np.where(at < cal.settled_share, early, late).astype(np.int64)

    def is_organisation(self, customer):
        """Which customers are organisations."""
        return customer % self.cal.organisation_every == self.cal.organisation_every - 1

    def _products(self, i):
        """Current accounts first, savings later, another for each kind of holder and currency."""
        names = ["CUR-BASE", "CUR-PLUS", "CUR-PRIME", "CRD-100"]
        first = np.array([PRODUCT[p] for p in names])[self.d.choice("account.product", i, (.5, .25, .05, .2))]
        names = ["SAV-FLEX", "SAV-GOAL", "DEP-90", "DEP-365"]
        further = np.array([PRODUCT[p] for p in names])[self.d.choice("account.savings", i, (.5, .2, .1, .2))]
        product = np.where(self.extra, further, first)
        product[self.organisation] = PRODUCT["BIZ-START"]
        product[self.currency > 0] = PRODUCT["CUR-BASE"]
        product[~self.usable] = PRODUCT["FX-NEIGHBOUR"]
        return product.astype(np.int8)

    def _closings(self, i):
        """Last days: within the period, a while after the opening."""
        cal, d = self.cal, self.d
        earliest = np.maximum(day_number(cal.start) + 30, self.opened + 60)
        latest = day_number(cal.end) - 2
        day = earliest + d.uniform("account.closed", i) * (latest - earliest)
        goes = d.below("account.closing", i, np.where(self.extra, cal.closed_extra, cal.closed_first))
        goes &= self.usable & ~self.organisation & (self.limit == 0) & (i >= NEVER_CLOSED) & (earliest < latest)
        return np.where(goes, day, FOREVER).astype(np.int32)

    def months(self, start, end):
        """How many months of a period each account is open."""
        days = np.minimum(self.closed, end) - np.maximum(self.opened, start)
        return np.maximum(days, 0) / 30.436875


class Pool:
    """Accounts to pick from: on a day, those that were there before it, and are open."""

    def __init__(self, accounts, since, closed):
        self.accounts = np.asarray(accounts, dtype=np.int32)
        self.since, self.closed = since, closed
        self.steady = np.flatnonzero(closed == FOREVER).astype(np.int32)
        self.steady_since = since[self.steady]

    def size(self, day):
        """How many were there before the day."""
        return np.searchsorted(self.since, day, side="left")

    def steadies(self, day):
        """How many of these are never closed."""
        return np.searchsorted(self.steady_since, day, side="left")

    def pick(self, u, v, day):
        """Positions by the uniform numbers u; v decides where that account is closed."""
        at = (u * self.size(day)).astype(np.int64)
        gone = self.closed[at] <= day
        if gone.any():
            at[gone] = self.steady[(v[gone] * self.steadies(day[gone])).astype(np.int64)]
        return at

    def other(self, at, u, v, day):
        """Positions other than `at`."""
        size = self.size(day)
        other = (at + 1 + (u * (size - 1)).astype(np.int64)) % size
        gone = self.closed[other] <= day
        if gone.any():
            steadies = self.steadies(day[gone])
            k = (v[gone] * steadies).astype(np.int64)
            k = np.where(self.steady[k] == at[gone], (k + 1) % steadies, k)
            other[gone] = self.steady[k]
        return other


def share(d, name, eligible, months, target):
    """Of the eligible accounts a random part, in order, whose months add up to the target."""
    order = np.argsort(d.uniform(name, eligible), kind="stable")
    enough = np.searchsorted(np.cumsum(months[eligible][order]), target)
    return np.sort(eligible[order[:enough]])


def picked(d, name, n, table):
    """Keys of a table {key: weight}, drawn for each index."""
    keys = np.array(list(table))
    return keys[weighted(d.uniform(name, n), list(table.values()))]
