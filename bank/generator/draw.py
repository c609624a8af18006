"""Counter-based random numbers: a value depends on (seed, column, index) and nothing else.

Any index can be drawn alone and in any order, so the same seed gives the same bytes however the work is cut up.
The generator is SplitMix64 (Steele, Lea, Flood 2014) with the index as its counter: the state of a column is its
key plus the index times the golden gamma, which the finaliser mixes. Columns are named "entity.column".
"""

import hashlib

import numpy as np

GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
SHIFTS = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


def splitmix(key, index):
    """The values of SplitMix64 seeded with `key` after index + 1 steps."""
    z = (np.asarray(index).astype(np.uint64) + np.uint64(1)) * GAMMA + key
    z = (z ^ (z >> SHIFTS[0])) * MIX[0]
    z = (z ^ (z >> SHIFTS[1])) * MIX[1]
    return z ^ (z >> SHIFTS[2])


class Draw:
    """Columns of random numbers under one seed. `index` is an array of whole numbers, or how many from 0."""

    def __init__(self, seed):
        self.seed = seed
        self.keys = {}

    def key(self, name):
        """Where a column begins in the generator's cycle."""
        if name not in self.keys:
            digest = hashlib.blake2b(f"{self.seed}/{name}".encode(), digest_size=8).digest()
            self.keys[name] = np.uint64(int.from_bytes(digest, "little"))
        return self.keys[name]

    def bits(self, name, index):
        """64 random bits each."""
        return splitmix(self.key(name), np.arange(index) if isinstance(index, int) else index)

    def uniform(self, name, index):
        """Uniform in [0, 1)."""
        return (self.bits(name, index) >> SHIFTS[3]) * 2.0**-53

    def integer(self, name, index, high):
        """Uniform integers in [0, high); high may be an array."""
        return (self.uniform(name, index) * high).astype(np.int64)

    def normal(self, name, index):
        """Standard normal, by Box and Muller: a fixed number of draws for each value."""
        radius = np.sqrt(-2.0 * np.log1p(-self.uniform(name + "/r", index)))
        return radius * np.cos(2.0 * np.pi * self.uniform(name + "/a", index))

    def lognormal(self, name, index, median, sigma):
        """Lognormal amounts, in whole minor units of at least one."""
        return np.maximum(1, np.rint(median * np.exp(sigma * self.normal(name, index)))).astype(np.int64)

    def choice(self, name, index, weights):
        """Indices with the given weights."""
        return weighted(self.uniform(name, index), weights)

    def below(self, name, index, share):
        """True for a share of the indices."""
        return self.uniform(name, index) < share


def weighted(uniform, weights):
    """Turn uniform numbers into indices with the given weights."""
    total = np.cumsum(np.asarray(weights, dtype=float))
    return np.minimum(np.searchsorted(total, uniform * total[-1], side="right"), len(total) - 1)


def zipf(n, slope=1.1):
    """Weights of n ranks under Zipf's law."""
    return 1.0 / np.arange(1, n + 1) ** slope
