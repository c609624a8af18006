"""When things happen: three kinds of calendar, each telling how many events a day has and which.

A calendar covers the days [first, last]; `events(begin, end)` gives those of the days [begin, end), as entities and
days, in the order of both. No calendar holds anything by event.
"""

import numpy as np


class Calendar:
    """Days with what belongs to them."""

    def __init__(self, first, last):
        self.first, self.last = first, last
        days = np.arange(first, last + 2).astype("datetime64[D]")
        months = days.astype("datetime64[M]")
        self.day_of_month = (days - months).astype(int)[:-1] + 1
        self.is_last = months[1:] != months[:-1]
        self.weekday = (np.arange(first, last + 1) + 3) % 7
        self.n = last + 1 - first

    def during(self, start):
        """Whether each day is at or after the start."""
        return np.arange(self.first, self.last + 1) >= start


class Once:
    """Each entity on a day of its own, or never where that day is not in the calendar."""

    def __init__(self, calendar, day):
        self.calendar = calendar
        there = np.flatnonzero((day >= calendar.first) & (day <= calendar.last))
        self.entity = there[np.argsort(day[there], kind="stable")].astype(np.int32)
        self.day = day[self.entity]
        self.count = np.bincount(self.day - calendar.first, minlength=calendar.n)

    def events(self, begin, end):
        a, b = np.searchsorted(self.day, (begin, end))
        return self.entity[a:b].astype(np.int64), self.day[a:b].astype(np.int64)


class Monthly:
    """Each entity once a month, on its day after `start` and up to `end`; the last day stands for those that are missing."""

    def __init__(self, calendar, day_of_month, start, end):
        self.calendar = calendar
        self.entity = np.argsort(day_of_month, kind="stable").astype(np.int32)
        self.bounds = np.searchsorted(day_of_month[self.entity], np.arange(33))
        self.start, self.end = start[self.entity], end[self.entity]
        days = range(max(int(start.min(initial=calendar.last)) + 1, calendar.first), calendar.last + 1)
        self.count = np.zeros(calendar.n, dtype=np.int64)
        for k in days:
            self.count[k - calendar.first] = len(self.due(k))

    def due(self, day):
        """Entities due on a day, in order."""
        k = day - self.calendar.first
        of_month = self.calendar.day_of_month[k]
        a = self.bounds[of_month]
        b = self.bounds[32 if self.calendar.is_last[k] else of_month + 1]
        return np.sort(self.entity[a:b][(self.start[a:b] < day) & (day <= self.end[a:b])])

    def events(self, begin, end):
        sizes = self.count[begin - self.calendar.first:end - self.calendar.first]
        found = [self.due(begin + int(k)) for k in np.flatnonzero(sizes)]
        return np.concatenate(found or [[]]).astype(np.int64), np.repeat(np.arange(begin, end), sizes)


class Spread:
    """A number of events spread over the days by weights: the entities of a day are consecutive."""

    def __init__(self, calendar, total, weights, noise):
        """`noise` has a standard normal number a day: counts vary as those of independent events do."""
        self.calendar = calendar
        wanted = total * weights / weights.sum()
        wanted = np.maximum(0, wanted + np.sqrt(wanted) * noise)
        part = np.cumsum(wanted) / max(wanted.sum(), 1e-9)
        self.before = np.concatenate([[0], np.rint(total * part)]).astype(np.int64)
        self.count = np.diff(self.before)

    def events(self, begin, end):
        a, b = begin - self.calendar.first, end - self.calendar.first
        return np.arange(self.before[a], self.before[b]), np.repeat(np.arange(begin, end), self.count[a:b])


class Some:
    """Of every so many events of a spread one, on the same day: which one is drawn by `uniform(q)`."""

    def __init__(self, spread, every, uniform):
        self.calendar, self.spread, self.every, self.uniform = spread.calendar, spread, every, uniform
        chosen = self.of(np.arange(spread.before[-1] // every))
        self.before = np.searchsorted(chosen, spread.before)
        self.count = np.diff(self.before)

    def of(self, q):
        """The event that the q-th is about."""
        return q * self.every + (self.uniform(q) * self.every).astype(np.int64)

    def events(self, begin, end):
        a, b = begin - self.calendar.first, end - self.calendar.first
        return np.arange(self.before[a], self.before[b]), np.repeat(np.arange(begin, end), self.count[a:b])


def day_weights(calendar, start, kinds, fixed, shares):
    """Weights a day for each kind, so that all rows of the period hold the shares that are wanted.

    `kinds` are (total, weights by weekday); `fixed` has the rows a day that are already decided; `shares` are those of
    days 5 to 14 and of days 30 and 31.
    """
    inside = calendar.during(start)
    group = np.where((calendar.day_of_month >= 5) & (calendar.day_of_month <= 14), 0,
                     np.where(calendar.day_of_month >= 30, 1, 2))
    base = [inside * np.array(weekdays, dtype=float)[calendar.weekday] for _, weekdays in kinds]
    totals = [total for total, _ in kinds]
    done = np.array([fixed[inside & (group == g)].sum() for g in range(3)])
    goal = (done.sum() + sum(totals)) * np.array([*shares, 1 - sum(shares)]) - done
    goal = np.maximum(goal, .02 * sum(totals))
    factor = np.ones(3)
    for _ in range(60):
        has = np.zeros(3)
        for total, weights in zip(totals, base):
            has += total * np.bincount(group, weights * factor[group], 3) / (weights * factor[group]).sum()
        factor *= goal / has
    return [weights * factor[group] for weights in base]
