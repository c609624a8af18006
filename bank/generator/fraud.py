"""Fraud: cases of eight transfers on one day, each after a pattern.

takeover      a stranger empties an account at night, onto three others
mule          five accounts pay one, which pays three on
cycle         money goes through eight accounts and comes back, a little less each time
card_testing  eight small payments with one card, at merchants of any kind
Labels are not in the bank; they say pattern, case and step of a transfer.
"""

import numpy as np

from accounts import INTERNAL
from sources import CHANNEL, KIND, Source, settlement

STEPS = 8
PATTERNS = ["takeover", "mule", "cycle", "card_testing"]
FIRST_SECOND = np.array([1, 10, 10, 2]) * 3600
SECONDS = np.array([4, 8, 9, 3]) * 3600
GAP = np.array([20, 600, 300, 12])


class Fraud(Source):
    """`event` is eight times the case, plus the step."""

    name = "fraud"

    def pattern(self, case):
        """Index into PATTERNS."""
        return self.d.choice("fraud.pattern", case, [self.cal.fraud_patterns[p] for p in PATTERNS])

    def seconds(self, event, day):
        case, step = np.divmod(event, STEPS)
        pattern = self.pattern(case)
        start = FIRST_SECOND[pattern] + (self.uniform("start", case) * SECONDS[pattern]).astype(np.int64)
        gap = GAP[pattern] + (self.uniform("gap", case) * 2 * GAP[pattern]).astype(np.int64)
        return start + step * gap

    def members(self, case, day):
        """Nine accounts of a case, all different: one in each row, from 0 to 8 in `k`."""
        pool = self.plan.pools[0]
        size = pool.steadies(day)
        first = (self.uniform("first", case) * size).astype(np.int64)
        stride = 1 + (self.uniform("stride", case) * (size // 9 - 1)).astype(np.int64)
        return lambda k: INTERNAL + 1 + pool.accounts[pool.steady[(first + k * stride) % size]]

    def size(self, case, step):
        """An amount for each step of a case."""
        return self.d.lognormal("fraud.amount", case * STEPS + step, 1500000, .8)

    def fill(self, event, day, rows):
        case, step = np.divmod(event, STEPS)
        pattern, member, amount = self.pattern(case), self.members(case, day), self.size(case, step)
        rows.set(kind=KIND["payment"], channel=CHANNEL["mobile"], ip=2, case=case * len(PATTERNS) + pattern, step=step)
        got = sum(self.size(case, k) for k in range(5))
        by = {0: (member(0), member(step % 3 + 1), amount),
              1: (member(np.where(step < 5, step + 1, 0)), member(np.where(step < 5, 0, step + 1)),
                  np.where(step < 5, amount, got * 3 // 10)),
              2: (member(step), member((step + 1) % STEPS), np.rint(self.size(case, 0) * .98 ** step).astype(np.int64) + 1)}
        for k, (debit, credit, value) in by.items():
            mine = pattern == k
            for column, values in ((rows.debit, debit), (rows.credit, credit), (rows.amount, value)):
                column[mine] = values[mine]
        self._card_testing(np.flatnonzero(pattern == 3), case, step, day, rows)

    def _card_testing(self, mine, case, step, day, rows):
        cards, case, day = self.plan.cards, case[mine], day[mine]
        at = cards.pool.pick(self.uniform("card", case), self.uniform("card2", case), day)
        event = case * STEPS + step[mine]
        rows.debit[mine], rows.credit[mine] = INTERNAL + 1 + cards.pool.accounts[at], settlement(0)
        rows.amount[mine] = 100 + self.d.integer("fraud.small", event, 4900)
        rows.kind[mine], rows.channel[mine], rows.ip[mine] = KIND["card"], CHANNEL["terminal"], 0
        rows.card[mine] = cards.card_id(at, day)
        rows.merchant[mine] = 1 + self.d.integer("fraud.merchant", event, self.plan.merchants)
        rows.dispute[mine] = step[mine] == 0
