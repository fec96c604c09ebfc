"""What is recorded by rules, and expressions over that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .durations import seconds
from .matchers import chosen

RECORDED_WINDOW = "5m"  # the window of the rates that are recorded of all instances together
# Those of alerts on several burn rates, see https://sre.google/workbook/alerting-on-slos/, and of the budget.
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d", "30d")
BUDGET = WINDOWS[-1]
BURN_RATES = {"1h": 14.4, "6h": 6.0, "1d": 3.0, "3d": 1.0}  # that are an alert, in these windows
_HOUR = 3600  # the least age


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
    def age(self) -> str:
        """How many seconds ago the first of the events in `BUDGET` was, to the hour; at least an hour."""
        return f"{self.namespace}:slo_age:seconds"

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
        return self._name(metric.removesuffix("_total"), labels, f"rate{RECORDED_WINDOW}")

    def value(self, metric: str, labels: Iterable[str] = (), operation: str = "sum") -> str:
        """The ``sum`` or ``max`` of a gauge."""
        return self._name(metric, labels, operation)

    def _name(self, metric: str, labels: Iterable[str], operation: str) -> str:
        return f"{'_'.join((*self.level, *labels))}:{metric}:{operation}"


@dataclass(frozen=True)
class Objectives:
    """Expressions over what is recorded of objectives, of series that all the `matchers` choose."""

    recorded: Recorded
    matchers: tuple[str, ...] = ()

    @property
    def objective(self) -> str:
        """The share of events that is to meet it."""
        return f"{self.recorded.objective}{chosen(self.matchers)}"

    def errors(self, window: str) -> str:
        """The share of events in the window that did not meet it."""
        return f"{self.recorded.errors(window)}{chosen(self.matchers)}"

    def burn_rate(self, window: str) -> str:
        """How many times faster than allowed the error budget was spent in the window."""
        return f"{self.errors(window)}{self.times_covered(window)} / ({self.allowed})"

    def times_covered(self, window: str) -> str:
        """Times the share of the window that has passed since the first event, for windows beyond an hour.

        What is allowed in the window is a share of its events. As long as the first of them are not as old as
        the window, there will be more: as many as on average so far.
        """
        length = seconds(window)
        return f" * {self._covered(length)}" if length > _HOUR else ""

    def over_covered(self, window: str) -> str:
        """Divided by the same, for what the errors are compared with."""
        length = seconds(window)
        return f" / {self._covered(length)}" if length > _HOUR else ""

    def _covered(self, length: int) -> str:
        return f"clamp_max({self.recorded.age}{chosen(self.matchers)} / {length}, 1)"

    @property
    def allowed(self) -> str:
        """The share of events that need not meet it."""
        return f"1 - {self.objective}"

    @property
    def budget_left(self) -> str:
        """The share of the error budget of `BUDGET` that is left, negative where it is overspent."""
        return f"1 - {self.burn_rate(BUDGET)}"

    @property
    def number(self) -> str:
        """How many objectives there are."""
        return f"count({self.objective})"

    @property
    def missed(self) -> str:
        """How many of them have no error budget left."""
        return f"count({self.budget_left} < 0) or {self.number} * 0"

    @property
    def least_left(self) -> str:
        """The least share of an error budget that is left."""
        return f"min({self.budget_left})"

    def fastest_burn(self, window: str) -> str:
        """The greatest burn rate."""
        return f"max({self.burn_rate(window)})"
