"""Durations of which the quantiles are known exactly."""

import math
from statistics import NormalDist

NUMBER = 10_000


def _spread(median, sigma, number=NUMBER):
    """Durations whose logarithm is distributed normally."""
    normal = NormalDist()
    return [median * math.exp(sigma * normal.inv_cdf((place + 0.5) / number)) for place in range(number)]


# By kind: most of them in one classic bucket, of two sorts, and some above the last classic bound.
DURATIONS = {
    "narrow": _spread(0.3, 0.15),
    "two": _spread(0.002, 0.2, NUMBER // 2) + _spread(3.0, 0.1, NUMBER // 2),
    "wide": _spread(1.3, 1.2),
}


def quantile(kind, q):
    """The exact one: the least duration that a share of `q` does not exceed."""
    durations = DURATIONS[kind]
    return durations[max(math.ceil(q * len(durations)), 1) - 1]
