"""PromQL: how the metrics of the toolkit are read, said once for terminal, reports, dashboards and rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .signals import Signal


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

    def come(self, name: str, window: str, by: Iterable[str] = ()) -> str:
        """What has come to a counter in the window, added up."""
        return self.summed("increase", name, window, by)

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


# Those of alerts on several burn rates, see https://sre.google/workbook/alerting-on-slos/, and of the budget.
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")


def failed(signal: Signal) -> str:
    """The matcher of what has failed."""
    return f'{signal.outcome}=~"{signal.failure}"'


def _by(labels: Iterable[str]) -> str:
    found = ", ".join(labels)
    return f" by ({found})" if found else ""
