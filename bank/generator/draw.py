"""Counter-based random numbers: a value depends on (seed, column, index) and nothing else.

Any range of a column can be drawn alone and in any order, so the same seed gives the same
bytes however the work is cut up.
"""

import hashlib

import numpy as np


def _key(seed, name):
    """The Philox key of one column under one seed."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return np.array([seed, int.from_bytes(digest, "little")], dtype=np.uint64)


class Draw:
    """Columns of random numbers under one seed; `name` is "entity.column"."""

    def __init__(self, seed):
        self.seed = seed

    def raw(self, name, n, start=0):
        """64 random bits for each index from `start`; Philox yields four a counter step."""
        skip = start % 4
        bits = np.random.Philox(key=_key(self.seed, name), counter=start // 4)
        return bits.random_raw(n + skip)[skip:]

    def uniform(self, name, n, start=0):
        """Uniform in [0, 1)."""
        return (self.raw(name, n, start) >> np.uint64(11)) * 2.0**-53

    def integer(self, name, n, high):
        """Uniform integers in [0, high)."""
        return (self.uniform(name, n) * high).astype(np.int64)

    def normal(self, name, n):
        """Standard normal, by Box and Muller: a fixed number of draws for each value."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(name + "/r", n)))
        return radius * np.cos(2.0 * np.pi * self.uniform(name + "/a", n))

    def lognormal(self, name, n, median, sigma):
        """Lognormal amounts, in whole minor units of at least one."""
        return np.maximum(1, np.rint(median * np.exp(sigma * self.normal(name, n)))).astype(np.int64)

    def choice(self, name, n, weights):
        """Indices with the given weights."""
        return weighted(self.uniform(name, n), weights)


def weighted(uniform, weights):
    """Turn uniform numbers into indices with the given weights."""
    total = np.cumsum(np.asarray(weights, dtype=float))
    return np.minimum(np.searchsorted(total, uniform * total[-1], side="right"), len(total) - 1)


def zipf(n, slope=1.1):
    """Weights of n ranks under Zipf's law."""
    return 1.0 / np.arange(1, n + 1) ** slope
