"""PromQL: how the metrics of the toolkit are read, said once for terminal, reports, dashboards and rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite

from .exposition.text.numerals import numeral
from .signals import Signal

RATE = "5m"  # the window of the rates that are recorded of all instances together


@dataclass(frozen=True)
class Expressions:
    """Expressions over the metrics of a `namespace`, of series that all the `matchers` choose.

    A matcher is one such as ``job="shop"``. A `window` is a duration such as ``5m``. Quantiles are read of
    native histograms where there are any, and otherwise of classic ones.
    """

    namespace: str = "mcp"
    matchers: tuple[str, ...] = ()

    def metric(self, name: str, *matchers: str) -> str:
        """The series of a metric, whose name is that without the namespace."""
        chosen = ", ".join(filter(None, (*self.matchers, *matchers)))
        return f"{self.namespace}_{name}" + (f"{{{chosen}}}" if chosen else "")

    def summed(self, function: str, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """``rate`` or ``increase`` of a counter, added up."""
        return f"sum{_by(by)} ({function}({self.metric(name, *matchers)}[{window}]))"

    def rate(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Events a second."""
        return self.summed("rate", signal.total, window, by, *matchers)

    def failures(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Events a second that have failed."""
        return self.rate(signal, window, by, failed(signal), *matchers)

    def quantile(
        self, share: float, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str
    ) -> str:
        """A quantile of the durations, in seconds."""
        labels = tuple(by)
        native = self.summed("rate", signal.duration, window, labels, *matchers)
        classic = self.summed("rate", f"{signal.duration}_bucket", window, ("le", *labels), *matchers)
        return f"histogram_quantile({share}, {native}) or histogram_quantile({share}, {classic})"

    def grown(self, name: str, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """How much a counter has grown, added up; a series that is new in the window began at zero.

        ``increase`` alone misses the first event of each label set, often the only one of a fault.
        """
        series = self.metric(name, *matchers)
        return f"sum{_by(by)} (({series} unless {series} offset {window}) or increase({series}[{window}]))"

    def slow(
        self, threshold: float, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str
    ) -> str:
        """Events a second that took longer than a bound of the buckets, in seconds, and have not failed."""
        labels, chosen = tuple(by), (succeeded(signal), *matchers)
        within = self.summed("rate", f"{signal.duration}_bucket", window, labels, bound(threshold), *chosen)
        return f"{self.timed(signal, window, labels, *matchers)} - {within}"

    def timed(self, signal: Signal, window: str, by: Iterable[str] = (), *matchers: str) -> str:
        """Events a second that were timed and have not failed."""
        return self.summed("rate", f"{signal.duration}_count", window, by, succeeded(signal), *matchers)


@dataclass(frozen=True)
class Recorded:
    """What the recording rules of `mcp-perf rules` call what they record of objectives.

    By the convention of Prometheus (``level:metric:operations``); the labels are ``job``, ``slo`` (its name)
    and ``sli`` (``availability`` or ``latency``).
    """

    namespace: str = "mcp"

    def errors(self, window: str) -> str:
        """The share of events in the window, one of `WINDOWS`, that did not meet the objective."""
        return f"{self.namespace}:slo_errors:ratio_rate{window}"

    @property
    def objective(self) -> str:
        """The share of events that is to meet it, such as 0.999."""
        return f"{self.namespace}:slo_objective:ratio"

    def failed(self, window: str) -> str:
        """Events a second that did not meet the objective."""
        return f"{self.namespace}:slo_errors:rate{window}"

    def events(self, window: str) -> str:
        """Events a second, of which the objective speaks."""
        return f"{self.namespace}:slo_events:rate{window}"

    @property
    def least(self) -> str:
        """The number of events in the long window below which no burn rate is an alert."""
        return f"{self.namespace}:slo_events:min"


@dataclass(frozen=True)
class Aggregated:
    """What the recording rules of `mcp-perf rules` call what they record of all instances together.

    By the same convention; `level` are the labels of the targets that stay.
    """

    level: tuple[str, ...] = ("job",)

    def rate(self, metric: str, labels: Iterable[str] = ()) -> str:
        """The rate of a counter, or of a part of a histogram."""
        return self._name(metric.removesuffix("_total"), labels, f"rate{RATE}")

    def value(self, metric: str, labels: Iterable[str] = (), operation: str = "sum") -> str:
        """The ``sum`` or ``max`` of a gauge."""
        return self._name(metric, labels, operation)

    def _name(self, metric: str, labels: Iterable[str], operation: str) -> str:
        return f"{'_'.join((*self.level, *labels))}:{metric}:{operation}"


# Those of alerts on several burn rates, see https://sre.google/workbook/alerting-on-slos/, and of the budget.
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")


def failed(signal: Signal) -> str:
    """The matcher of what has failed."""
    return f'{signal.outcome}=~"{signal.failure}"'


def succeeded(signal: Signal) -> str:
    """The matcher of what has not failed."""
    return f'{signal.outcome}!~"{signal.failure}"'


def matcher(label: str, values: Sequence[str]) -> str:
    """The matcher of a label that has one of the values, whatever their characters."""
    if len(values) == 1:
        return f"{label}={_quoted(values[0])}"
    return f"{label}=~{_quoted('|'.join(_SPECIAL.sub(_BACKSLASHED, value) for value in values))}"


def bound(*seconds: float) -> str:
    """The matcher of buckets; some write a whole number with a fraction, and some do not."""
    texts = [
        text
        for one in seconds
        for text in dict.fromkeys((numeral(one), f"{one:g}" if isfinite(one) else numeral(one)))
    ]
    return matcher("le", texts)


_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_BACKSLASHED = r"\\\g<0>"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


def _by(labels: Iterable[str]) -> str:
    found = ", ".join(labels)
    return f" by ({found})" if found else ""
