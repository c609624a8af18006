"""Amounts of memory and disk: integers of kB, as PostgreSQL means it (1 kB = 1024 bytes)."""

import re

MB = 1024
GB = 1024 * MB
UNITS = {"kB": 1, "MB": MB, "GB": GB, "TB": 1024 * GB}


class Problem(Exception):
    """Something the user can act on; `hint` says how."""

    def __init__(self, text, hint=None):
        super().__init__(text)
        self.hint = hint


def parse(text):
    """kB of '8GB', '512 MB', '1.5GB'."""
    found = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*(kB|MB|GB|TB)\s*", text)
    amount = int(float(found[1]) * UNITS[found[2]]) if found else 0
    if amount <= 0:
        raise Problem(f"{text!r} is not an amount", "write it like 512MB or 1.5GB; units are kB, MB, GB and TB")
    return amount


def show(amount):
    """As PostgreSQL reads it, exactly: in the largest unit that divides it."""
    for unit in ("TB", "GB", "MB"):
        if amount and amount % UNITS[unit] == 0:
            return f"{amount // UNITS[unit]}{unit}"
    return f"{amount}kB"


def about(amount):
    """For people: three digits or so."""
    for unit in ("TB", "GB", "MB"):
        if amount >= UNITS[unit]:
            number = amount / UNITS[unit]
            return f"{number:.1f} {unit}" if number < 100 else f"{number:.0f} {unit}"
    return f"{amount} kB"
