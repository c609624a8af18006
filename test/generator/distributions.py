"""Distributions of generated transfers: each test passes, and fails once its parameter is changed by a tenth.

What is expected is written here once more, from the figures of the calibration's documentation, not taken from it.
"""

import numpy as np
from scipy import optimize, stats

import ledger
from calibrate import NOMINAL
from plan import Plan
from sources import KIND, TOLD

LEVEL = .005  # a true hypothesis is rejected this often; the seed is fixed, so the outcome does not change
WEEKDAYS = {"card": (80, 85, 90, 95, 120, 175, 175), "payment": (115, 110, 110, 110, 120, 75, 60),
            "cash": (95, 90, 90, 100, 130, 120, 75)}
HOURS = (1, .6, .4, .3, .3, .5, 1.2, 3, 5, 6, 6.5, 7, 8, 8, 7, 6.5, 6.5, 7.5, 9, 8.5, 7, 5, 3, 1.8)
SHARES = {"card": .33, "cash": .08, "salary": .10, "pension": .03, "standing_order": .05, "interest": .20, "fee": .05,
          "instalment": .02}
#: Median and sigma of the logarithm.
AMOUNTS = {"card": (65000, 1.10), "payment": (300000, 1.25), "cash": (450000, 1.25), "salary": (7000000, .45),
           "pension": (2100000, .16), "standing_order": (350000, .60)}
PARAMETER = {"standing_order": "standing"}


class Sample:
    """Transfers of some days of a bank."""

    def __init__(self, calibration, customers, entries, first="2024-01-01", last="2025-12-31", seed=11):
        self.plan = Plan(seed, customers, entries, calibration)
        days = [int(np.datetime64(d).astype(int)) for d in (first, last)]
        spans = [(max(a, days[0]), min(b, days[1] + 1)) for a, b in self.plan.spans() if a <= days[1] and b > days[0]]
        rows = [ledger.span(self.plan, a, b) for a, b in spans]
        for name in ("at", "kind", "amount", "merchant", "told", "case", "debit", "credit", "step"):
            setattr(self, name, np.concatenate([getattr(r, name) for r in rows]))
        self.day = self.at // 86400
        self.bank = np.isin(self.told, [TOLD.index(told) for told in ("Закрытие счёта", "Выручка", "Пенсия")])

    def of(self, kind):
        """Which rows are of a kind, without fraud and what the bank adds."""
        if kind == "pension":
            return self.told == TOLD.index("Пенсия")
        return (self.kind == KIND[kind]) & (self.case < 0) & ~self.bank

    def month_day(self):
        """Days of the month."""
        days = self.day.astype("datetime64[D]")
        return (days - days.astype("datetime64[M]")).astype(int) + 1


def chi_square(seen, expected):
    """Whether counts are as expected."""
    expected = np.asarray(expected, dtype=float)
    return stats.chisquare(seen, expected * np.sum(seen) / expected.sum()).pvalue > LEVEL


def amount(kind):
    """KS: amounts of a kind are lognormal."""
    median, sigma = AMOUNTS[kind]

    def test(sample):
        mine = sample.of(kind)
        seen = sample.amount[mine]
        assert len(seen) > 5000, (kind, len(seen))
        return stats.kstest(np.log(seen), "norm", args=(np.log(median), sigma)).pvalue > LEVEL
    return test


def groups(days):
    """Days 5 to 14, 30 and 31, and the rest."""
    return np.where((days >= 5) & (days <= 14), 0, np.where(days >= 30, 1, 2))


def weekdays(kind):
    """Chi-square: rows by weekday, given how many fall into each third of the month."""
    def test(sample):
        days = np.arange(np.datetime64("2024-01-01"), np.datetime64("2026-01-01"))
        group = groups((days - days.astype("datetime64[M]")).astype(int) + 1)
        weight = np.array(WEEKDAYS[kind])[(days.astype(int) + 3) % 7].astype(float)
        mine = sample.of(kind)
        for g in range(3):
            weight[group == g] *= (groups(sample.month_day()[mine]) == g).sum() / weight[group == g].sum()
        expected = np.bincount((days.astype(int) + 3) % 7, weight)
        return chi_square(np.bincount((sample.day[mine] + 3) % 7, minlength=7), expected)
    return test


def hours(sample):
    """Chi-square: what customers do, by the hour."""
    mine = sample.of("card") | sample.of("payment") | sample.of("cash")
    return chi_square(np.bincount(sample.at[mine] % 86400 // 3600, minlength=24), HOURS)


def month_days(sample):
    """Chi-square: 43 % of the rows on days 5 to 14, 28 % on days 30 and 31."""
    return chi_square(np.bincount(groups(sample.month_day()), minlength=3), (.43, .28, .29))


def kinds(counts, total):
    """Chi-square: the shares of kinds."""
    seen = [counts[kind] for kind in SHARES]
    return chi_square([*seen, total - sum(seen)], [*SHARES.values(), 1 - sum(SHARES.values())])


def planned_kinds(calibration):
    """The same from a plan alone."""
    plan = Plan(11, 10000, 400000, calibration)
    counts = {s.name: int(s.when.count.sum()) for s in plan.sources}
    return kinds(counts, plan.settled)


def sample_kinds(sample):
    """The same from transfers."""
    counts = {kind: int(sample.of(kind).sum()) for kind in SHARES}
    return kinds(counts, int((sample.kind != KIND["opening"]).sum()))


def merchants(sample):
    """Chi-square: the fifty largest merchants against Zipf's law."""
    n = sample.plan.merchants
    seen = np.bincount(sample.merchant[sample.of("card")] - 1, minlength=n)
    law = np.arange(1, n + 1) ** -1.1
    return chi_square([*seen[:50], seen[50:].sum()], [*law[:50], law[50:].sum()])


def slope(sample):
    """The likeliest exponent of Zipf's law is 1.1."""
    n = sample.plan.merchants
    seen = np.bincount(sample.merchant[sample.of("card")] - 1, minlength=n)
    ranks = np.log(np.arange(1, n + 1))

    def unlikely(s):
        return s * (seen * ranks).sum() + seen.sum() * np.log(np.exp(-s * ranks).sum())
    return abs(optimize.minimize_scalar(unlikely, bounds=(.5, 2), method="bounded").x - 1.1) < .02


def fraud(sample):
    """One transfer in a thousand."""
    return abs((sample.case >= 0).sum() / sample.plan.transfers / .001 - 1) < .05


def scaled(calibration, *names):
    """Parameters a tenth larger; of a tuple the last but one (Saturday), or the nineteenth (of hours)."""
    changes = {}
    for name in names:
        value = getattr(calibration, name)
        at = 18 if name == "hours" else -2
        changes[name] = value * 1.1 if isinstance(value, (int, float)) else tuple(
            v * 1.1 if k == at % len(value) else v for k, v in enumerate(value))
    return calibration.changed(**changes)


def both(tap, what, test, nominal, changed):
    """One test in both directions."""
    tap.ok(test(nominal), what)
    tap.ok(not test(changed), f"{what}: found when changed by a tenth")


def check_amounts(tap):
    """KS of each kind, against median and sigma."""
    salaried = NOMINAL.changed(salary=.22, pension=.22, standing_order=.17, interest=.02, fee=.01, card=.05, cash=.03)
    for base, size, part, kinds_ in ((salaried, (40000, 2000000), ("2025-11-01", "2025-11-30"),
                                      ("salary", "pension", "standing_order")),
                                     (NOMINAL, (10000, 3000000), ("2025-03-01", "2025-05-31"),
                                      ("card", "payment", "cash"))):
        nominal = Sample(base, *size, *part)
        for figure in ("median", "sigma"):
            names = [f"{PARAMETER.get(kind, kind)}_{figure}" for kind in kinds_]
            changed = Sample(scaled(base, *names), *size, *part)
            for kind in kinds_:
                both(tap, f"KS: amounts of {kind}, {figure}", amount(kind), nominal, changed)


def check(tap):
    """All distributions."""
    size = 10000, 400000
    nominal = Sample(NOMINAL, *size)
    changed = Sample(scaled(NOMINAL, "card_weekdays", "payment_weekdays", "cash_weekdays", "hours", "zipf", "fraud"), *size)
    for kind in WEEKDAYS:
        both(tap, f"chi-square: {kind} by weekday", weekdays(kind), nominal, changed)
    both(tap, "chi-square: rows by hour", hours, nominal, changed)
    both(tap, "chi-square: merchants follow Zipf's law", merchants, nominal, changed)
    both(tap, "slope of Zipf's law", slope, nominal, changed)
    both(tap, "share of fraud", fraud, nominal, changed)
    for name in ("early_share", "late_share"):
        both(tap, f"chi-square: days of the month, {name}", month_days, nominal, Sample(scaled(NOMINAL, name), *size))
    tap.ok(sample_kinds(nominal), "chi-square: kinds of transfer")
    tap.ok(planned_kinds(NOMINAL), "chi-square: kinds of transfer, as planned")
    for name in SHARES:
        tap.ok(not planned_kinds(scaled(NOMINAL, name)), f"chi-square: kinds: found when {name} is changed by a tenth")
    check_amounts(tap)
    return nominal


def check_patterns(tap, sample):
    """Fraud is what its label says."""
    from fraud import PATTERNS
    seen = {pattern: 0 for pattern in PATTERNS}
    good = True
    for case in np.unique(sample.case[sample.case >= 0]):
        mine = np.flatnonzero(sample.case == case)
        mine = mine[np.argsort(sample.step[mine])]
        debit, credit, amount_ = sample.debit[mine], sample.credit[mine], sample.amount[mine]
        pattern = PATTERNS[case % len(PATTERNS)]
        seen[pattern] += 1
        good &= len(mine) == 8 and (np.diff(sample.at[mine]) > 0).all()
        good &= {"takeover": len(set(debit)) == 1 and len(set(credit)) == 3,
                 "mule": len(set(debit[:5])) == 5 and len(set(credit[:5]) | set(debit[5:])) == 1
                 and amount_[5:].sum() <= amount_[:5].sum(),
                 "cycle": (credit[:-1] == debit[1:]).all() and credit[-1] == debit[0] and (np.diff(amount_) < 0).all(),
                 "card_testing": len(set(debit)) == 1 and amount_.max() < 5100}[pattern]
    tap.ok(good, "each case of fraud follows its pattern, on one day")
    tap.ok(all(seen.values()), "every pattern occurs", seen)
