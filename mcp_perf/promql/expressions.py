"""Expressions over what the toolkit measures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .. import catalogue
from ..signals import Signal
from .matchers import bound, chosen, failed, succeeded

MOST = 20  # lines in a chart
_BEFORE = "1h"  # how long a series may have been away without being a new one


@dataclass(frozen=True)
class Expressions:
    """Expressions over the metrics of a `namespace`, of series that all the `matchers` choose.

    A matcher is one such as ``job="shop"``. A `window` is a duration such as ``5m``. Quantiles are read of
    native histograms where there are any, and otherwise of classic ones; of native ones only if so asked,
    which VictoriaMetrics cannot. With the namespace ``""`` names are whole ones, of anybody's metrics.
    """

    namespace: str = "mcp"
    matchers: tuple[str, ...] = ()
    native_only: bool = False

    def metric(self, name: str, *matchers: str) -> str:
        """The series of a metric, whose name is that without the namespace."""
        whole = f"{self.namespace}_{name}" if self.namespace else name
        return f"{whole}{chosen((*self.matchers, *matchers))}"

    def aggregated(self, function: str, name: str, by: Iterable[str] = (), *matchers: str) -> str:
        """A metric as it is, such as a gauge, by ``sum``, ``min``, ``max`` or ``count``."""
        return f"{function}{grouped(by)} ({self.metric(name, *matchers)})"

    def summed(self, function: str, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """``rate`` or ``increase`` of a counter, added up."""
        return f"sum{grouped(by)} ({function}({self.metric(name, *matchers)}[{window}]))"

    def come(self, name: str, window: str, by: Iterable[str] = ()) -> str:
        """What has come to a counter in the window, added up."""
        return self.summed("increase", name, window, by)

    def natives(self, signal: Signal, window: str) -> str:
        """How many series have native histograms of durations without a classic one in each scrape."""
        native, classic = (
            f"count_over_time({self.metric(name)}[{window}])"
            for name in (signal.duration, f"{signal.duration}_count")
        )
        return f"count({native} unless ({native} == {classic}))"

    def only_native(self, signal: Signal, window: str, by: Iterable[str] = ()) -> str:
        """What has come in the window to native histograms of durations that are not there as classic."""
        come = f"increase({self.metric(signal.duration)}[{window}])"
        classic = f"present_over_time({self.metric(f'{signal.duration}_count')}[{window}])"
        return f"sum{grouped(by)} ({come} unless {classic})"

    def scrapes(self, window: str) -> str:
        """How often the job that was scraped least was scraped in the window.

        Of those that were there before and are there at its end; if there are none, of the one scraped most.
        """
        workers = self.metric(catalogue.MONITOR_WORKERS.key)
        counted = f"count_over_time({workers}[{window}])"
        throughout = f"{counted} and {workers} offset {window} and {workers}"
        return f"min(max by (job) ({throughout})) or max({counted})"

    def moments(self, window: str, step: str) -> str:
        """At how many moments of the window, a step apart, a service was there that is scraped."""
        return f"count_over_time(group({self.metric(catalogue.MONITOR_WORKERS.key)})[{window}:{step}])"

    def rate(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Events a second."""
        return self.summed("rate", signal.total, window, by, *matchers)

    def failures(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Events a second that have failed."""
        return self.rate(signal, window, by, failed(signal), *matchers)

    def failure_ratio(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """The share of events that have failed: 0 where none has, nothing where there are no events."""
        labels = tuple(by)
        everything = self.rate(signal, window, labels, *matchers)
        failures = self.failures(signal, window, labels, *matchers)
        return quotient(f"({failures} or {everything} * 0)", everything)

    def quantile(
        self, share: float, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str
    ) -> str:
        """A quantile of the durations, in seconds."""
        return self.quantile_of(share, signal.duration, window, by, *matchers)

    def quantile_of(
        self, share: float, name: str, window: str, by: Iterable[str] = (), *matchers: str
    ) -> str:
        """A quantile of what a histogram has observed."""
        labels = tuple(by)
        native = f"histogram_quantile({share}, {self.summed('rate', name, window, labels, *matchers)})"
        if self.native_only:
            return native
        classic = self.summed("rate", f"{name}_bucket", window, ("le", *labels), *matchers)
        return f"{native} or histogram_quantile({share}, {classic})"

    def mean_of(self, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """The mean of what a histogram has observed."""
        labels = tuple(by)
        observed, number = (self._part(part, name, window, labels, *matchers) for part in ("sum", "count"))
        return quotient(observed, number)

    def amount_of(self, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """The sum of what a histogram has observed in a second: of durations how many ran at a time."""
        return self._part("sum", name, window, tuple(by), *matchers)

    def number_of(self, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Observations of a histogram in a second."""
        return self._part("count", name, window, tuple(by), *matchers)

    def buckets_of(self, name: str, window: str, *matchers: str) -> str:
        """Observations of a histogram in a second by bucket, as a heat map takes them."""
        if self.native_only:
            return self.summed("rate", name, window, (), *matchers)
        return self.summed("rate", f"{name}_bucket", window, ("le",), *matchers)

    def share_within(self, limit: float, name: str, window: str, *matchers: str) -> str:
        """The share of a histogram's observations up to `limit`, which is one of its classic bounds."""
        if self.native_only:
            return f"histogram_fraction(0, {limit}, {self.summed('rate', name, window, (), *matchers)})"
        within = self.summed("rate", f"{name}_bucket", window, (), bound(limit), *matchers)
        return quotient(within, self.number_of(name, window, (), *matchers))

    def or_zero(self, expression: str, label: str = "") -> str:
        """An expression, and where it gives nothing 0, with the label ``none``, if a service is scraped.

        It is for counters without a series until there is something to count.
        """
        zero = f"{self.aggregated('sum', catalogue.MONITOR_WORKERS.key)} * 0"
        named = f'label_replace({zero}, "{label}", "none", "", "")' if label else zero
        return f"{expression} or on () {named}"

    def _part(self, part: str, name: str, window: str, by: tuple[str, ...], *matchers: str) -> str:
        if self.native_only:
            return f"histogram_{part}({self.summed('rate', name, window, by, *matchers)})"
        return self.summed("rate", f"{name}_{part}", window, by, *matchers)

    def grown(self, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """How much a counter has grown, added up; a series that is new in the window began at zero.

        ``increase`` alone misses the first event of each label set, often the only one of a fault. New is
        what has no sample in the hour before the window, so that a missed scrape makes nothing new.
        """
        series = self.metric(name, *matchers)
        before = f"last_over_time({series}[{_BEFORE}] offset {window})"
        return f"sum{grouped(by)} (({series} unless {before}) or increase({series}[{window}]))"

    def slow(
        self, threshold: float, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str
    ) -> str:
        """Events a second that took longer than a bound of the buckets, in seconds, and have not failed."""
        labels, those = tuple(by), (succeeded(signal), *matchers)
        within = self.summed("rate", f"{signal.duration}_bucket", window, labels, bound(threshold), *those)
        return f"{self.timed(signal, window, labels, *matchers)} - {within}"

    def timed(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Events a second that were timed and have not failed."""
        return self.summed("rate", f"{signal.duration}_count", window, by, succeeded(signal), *matchers)


def quotient(dividend: str, divisor: str) -> str:
    """What gives nothing where the divisor is 0; its operands are aggregations, or in parentheses."""
    return f"{dividend} / ({divisor} > 0)"


def total_of(histograms: str) -> str:
    """What native histograms have observed, added up; VictoriaMetrics does not know it."""
    return f"histogram_sum({histograms})"


def fullest(used: str, of: str, by: Iterable[str]) -> str:
    """The greatest share of what may be used that is used, of metrics with the same labels."""
    return f"max{grouped(by)} ({used} / {of})"


def greatest(expression: str) -> str:
    """The greatest at each moment, as many as a chart can show."""
    return f"topk({MOST}, {expression})"


def least(expression: str) -> str:
    """The least at each moment, as many as a chart can show."""
    return f"bottomk({MOST}, {expression})"


def grouped(labels: Iterable[str]) -> str:
    """What stands behind an aggregation that keeps these labels."""
    found = ", ".join(labels)
    return f" by ({found})" if found else ""
