"""PromQL: how the metrics of the toolkit are read, said once for terminal, reports, dashboards and rules."""

from .expressions import MOST, Expressions, fullest, greatest, least, quotient, total_of
from .matchers import bound, failed, matcher, matchers_in
from .recorded import BUDGET, BURN_RATES, RECORDED_WINDOW, WINDOWS, Aggregated, Objectives, Recorded

__all__ = [
    "BUDGET",
    "BURN_RATES",
    "MOST",
    "RECORDED_WINDOW",
    "WINDOWS",
    "Aggregated",
    "Expressions",
    "Objectives",
    "Recorded",
    "bound",
    "failed",
    "fullest",
    "greatest",
    "least",
    "matcher",
    "matchers_in",
    "quotient",
    "total_of",
]
