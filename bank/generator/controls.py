"""Control digits of Russian numbers, of whole columns: a row of digits each."""

import numpy as np

TAX_10 = (2, 4, 10, 3, 5, 9, 4, 6, 8)
TAX_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
TAX_12 = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
KEY = (7, 1, 3)
BIC = "044599987"  # of this bank, which does not exist


def spread(values, width):
    """Whole numbers as rows of digits."""
    tens = 10 ** np.arange(width - 1, -1, -1, dtype=np.int64)
    return np.asarray(values, dtype=np.int64)[:, None] // tens % 10


def join(digits):
    """Rows of digits as whole numbers; up to 18 digits."""
    return digits @ 10 ** np.arange(digits.shape[1] - 1, -1, -1, dtype=np.int64)


def _append(digits, weights):
    return np.hstack([digits, (digits @ np.array(weights) % 11 % 10)[:, None]])


def organisation_tax_id(first):
    """Ten digits of INN from the first nine."""
    return join(_append(spread(first, 9), TAX_10))


def person_tax_id(first):
    """Twelve digits of INN from the first ten."""
    return join(_append(_append(spread(first, 10), TAX_11), TAX_12))


def registration_no(first):
    """Thirteen digits of OGRN from the first twelve."""
    first = np.asarray(first, dtype=np.int64)
    return first * 10 + first % 11 % 10


def account_key(digits):
    """The ninth digit of account numbers, by the Bank of Russia's rule, from all twenty; the ninth is not read."""
    bank = [int(d) for d in BIC[-3:]]
    weights = np.array([KEY[k % 3] for k in range(23)])
    digits = digits.copy()
    digits[:, 8] = 0
    total = int(np.array(bank) @ weights[:3] % 10) + (digits * weights[3:] % 10).sum(axis=1)
    return total * 3 % 10


def account_no(balance, currency, branch, serial):
    """Account numbers as rows of digits: balance account, currency, key, branch, serial."""
    n = len(serial)
    digits = np.hstack([spread(balance, 5), spread(currency, 3), np.zeros((n, 1), dtype=np.int64),
                        spread(branch, 4), spread(serial, 7)])
    digits[:, 8] = account_key(digits)
    return digits
