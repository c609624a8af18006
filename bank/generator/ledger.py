"""Transfers of a stretch of days in the order of their time, and what they do to balances.

`span()` is a function of the plan and the days alone: stretches may be made in any order, by any process. The numbers of
its transfers follow from the counts of the days before.
"""

import numpy as np

from accounts import INTERNAL
from sources import FIELDS, Reversals, Rows


def span(plan, begin, end):
    """The rows of the days [begin, end), in order; `reverses` is the number of the transfer taken back, or -1."""
    events = [source.when.events(begin, end) for source in plan.sources]
    ends = np.cumsum([len(e) for e, _ in events])
    rows = Rows(int(ends[-1]))
    for source, (event, day), b in zip(plan.sources, events, ends):
        if len(event):
            part = rows.part(b - len(event), b)
            part.at[:] = day * 86400 + source.seconds(event, day)
            source.fill(event, day, part)
            if isinstance(source, Reversals):
                source.link(event, part, rows, 0, events[0][0][0])
    return in_order(plan, begin, rows)


def in_order(plan, begin, rows):
    """Rows by time, numbered; what happens in the same second keeps the order of the sources. Takes the rows' columns."""
    order = np.argsort(rows.at, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    out = object.__new__(Rows)
    for name in FIELDS:
        setattr(out, name, vars(rows).pop(name)[order])  # one column at a time is there twice
    out.first = int(plan.before[begin - plan.calendar.first]) + 1
    out.id = out.first + np.arange(len(order))
    out.reverses = np.where(out.reverses < 0, -1, out.first + rank[out.reverses])
    return out


class Balances:
    """By account_id: the sum of entries, the lowest it ever was, how many there are, and when the last was."""

    def __init__(self, accounts):
        self.net = np.zeros(accounts + 1, dtype=np.int64)
        self.low = np.zeros(accounts + 1, dtype=np.int64)
        self.count = np.zeros(accounts + 1, dtype=np.int32)
        self.last = np.zeros(accounts + 1, dtype=np.int64)

    def add(self, rows):
        """Post rows, which are later than all before."""
        n = len(rows.at)
        account = np.column_stack([rows.debit, rows.credit]).ravel()
        moved = np.column_stack([-rows.amount, rows.amount]).ravel()
        order = np.argsort(account, kind="stable")
        account, total = account[order], np.cumsum(moved[order])
        first = np.flatnonzero(np.concatenate([[True], account[1:] != account[:-1]])) if n else np.zeros(0, np.int64)
        whose, last = account[first], np.append(first[1:], 2 * n)[:len(first)] - 1
        before = total[first] - moved[order][first]
        low = np.minimum.reduceat(total, first) - before if n else first
        self.low[whose] = np.minimum(self.low[whose], self.net[whose] + low)
        self.net[whose] += total[last] - before
        self.count[whose] += (last - first + 1).astype(np.int32)
        self.last[whose] = rows.at[order[last] // 2]

    def follow(self, later):
        """Post what others have summed up, which is later than all before."""
        self.low = np.minimum(self.low, self.net + later.low)
        self.net += later.net
        self.count += later.count
        self.last = np.maximum(self.last, later.last)


def balances(plan, spans):
    """What the transfers of consecutive stretches do, without the amounts that depend on it."""
    out = Balances(INTERNAL + plan.accounts.n)
    for begin, end in spans:
        out.add(span(plan, begin, end))
    return out
