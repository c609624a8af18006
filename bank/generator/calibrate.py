"""Every figure the bank is calibrated with, in one place; tests change one at a time.

Where a figure says "Berka", it is of the public Czech bank of the PKDD'99 discovery challenge (1.06 million rows):
its distributions are kept, its amounts are restated in roubles. The rest is chosen, and says what for.
Amounts are medians in minor units; sigmas are those of the logarithm.
"""

from dataclasses import dataclass, field, replace


def _table(**items):
    return field(default_factory=lambda: dict(items))


@dataclass(frozen=True)
class Calibration:
    """Parameters of bulk and live mode; `changed()` gives a copy with some of them replaced."""

    # Time: accounts open from `first_day`; postings besides openings are from `start` to `end`.
    first_day: str = "2019-01-01"
    start: str = "2024-01-01"
    end: str = "2025-12-31"
    settled_share: float = .75  # of customers, those who came before `start`

    # Shares of the transfers from `start` on. Payments between customers are what remains.
    # Berka: withdrawals in cash and credits by transfer are fewer here, cards more, as in banks of today.
    card: float = .33
    cash: float = .08
    salary: float = .10
    pension: float = .03
    standing_order: float = .05
    interest: float = .20  # Berka: interest on every account at the month's end, a fifth of all rows
    fee: float = .05
    instalment: float = .02
    fraud: float = .001  # of all transfers
    reversal: float = .005  # of card payments
    dispute: float = .001  # of card payments

    # Amounts. Berka: the whole is a mixture; withdrawals are lognormal with sigma 1.25, pensions with 0.16.
    cash_median: float = 450000
    cash_sigma: float = 1.25
    card_median: float = 65000
    card_sigma: float = 1.10
    payment_median: float = 300000
    payment_sigma: float = 1.25
    salary_median: float = 7000000
    salary_sigma: float = .45
    pension_median: float = 2100000
    pension_sigma: float = .16
    standing_median: float = 350000
    standing_sigma: float = .60
    interest_median: float = 25000
    interest_sigma: float = .90
    loan_median: float = 30000000
    loan_sigma: float = .70
    opening_median: float = 3000000  # what is left on an account at its lowest
    opening_sigma: float = 1.0
    fee_minor: int = 19900

    # Days of the month. Berka: 5 to 14 hold 43 % of the rows, 30 and 31 hold 28 % (interest).
    early_share: float = .43
    late_share: float = .28
    # Card payments by weekday, from Monday: 80 on Mondays, 175 at the weekend.
    card_weekdays: tuple = (80, 85, 90, 95, 120, 175, 175)
    # Payments are made on working days, cash is drawn before the weekend.
    payment_weekdays: tuple = (115, 110, 110, 110, 120, 75, 60)
    cash_weekdays: tuple = (95, 90, 90, 100, 130, 120, 75)
    # What customers do by the hour, from midnight: a low at four, lunch, and a peak after work.
    hours: tuple = (1, .6, .4, .3, .3, .5, 1.2, 3, 5, 6, 6.5, 7, 8, 8, 7, 6.5, 6.5, 7.5, 9, 8.5, 7, 5, 3, 1.8)
    # Batch systems: (first hour, hours) in which each kind of them runs.
    batch_hours: dict = _table(standing_order=(6, 1), instalment=(7, 1), pension=(8, 1), salary=(9, 2), revenue=(5, 1),
                               fee=(22, 1), interest=(23, 1), opening=(10, 7), closing=(17, 2), loan=(12, 4))
    # Salaries and orders are due early in the month, as Berka's rows are.
    paydays: dict = field(default_factory=lambda: {5: .30, 7: .10, 10: .30, 12: .10, 14: .10, 25: .10})

    # Merchants: Zipf's law, exponent 1.1, as card data of several countries show.
    zipf: float = 1.1

    # Fraud: patterns and their shares; each case is eight transfers of one day.
    fraud_patterns: dict = _table(takeover=.35, mule=.25, cycle=.15, card_testing=.25)

    # People and what they have: chosen.
    organisation_every: int = 10
    women: float = .53
    english: float = .08
    card_holders: float = .70
    closed_first: float = .015
    closed_extra: float = .04
    frozen: float = .005
    joint: float = .08
    currencies: tuple = (.60, .16, .13, .06, .05)  # of second accounts: RUB, USD, EUR, CNY, BYN
    loan_terms: dict = field(default_factory=lambda: {6: .15, 12: .30, 24: .25, 36: .20, 60: .10})
    loan_rates: dict = field(default_factory=lambda: {.149: .3, .189: .4, .229: .3})
    overdue: float = .05

    def changed(self, **parameters):
        """The same calibration with some parameters replaced."""
        return replace(self, **parameters)


NOMINAL = Calibration()
