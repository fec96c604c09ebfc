"""The subject of rules: the metrics of a survey, in series that matchers choose, by labels that stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from .. import catalogue
from ..measurable import bounds_of, whole
from ..promql import Aggregated, Expressions, Recorded
from ..remote.survey import Measured, Survey
from ..signals import Signal
from ..storage.grid import DEFAULT_BUCKETS

_REMEMBERED = "7d"  # how long a job is one of ours that shows nothing any more


@dataclass(frozen=True)
class Subject:
    """What rules speak of. `level` are the labels of targets that stay, ``job`` first.

    `covering` names by indicator (``availability``, ``latency``) the objectives of all requests of a job.
    `is_asked` says that the survey is one of a service.
    """

    survey: Survey
    matchers: tuple[str, ...] = ()
    level: tuple[str, ...] = ("job",)
    covering: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_asked: bool = False

    @property
    def namespace(self) -> str:
        """The first word of every metric."""
        return self.survey.namespace

    @property
    def ask(self) -> Expressions:
        """Expressions over series of the toolkit."""
        return Expressions(self.namespace, self.matchers)

    @property
    def recorded(self) -> Recorded:
        """Names of what is recorded of objectives."""
        return Recorded(self.namespace)

    @property
    def aggregated(self) -> Aggregated:
        """Names of what is recorded of all instances together."""
        return Aggregated(self.level)

    @property
    def by(self) -> str:
        """The level, as a list in PromQL."""
        return ", ".join(self.level)

    def named(self, name: str) -> str:
        """A metric's whole name."""
        return f"{self.namespace}_{name}"

    def other(self, name: str) -> str:
        """The chosen series of a metric that is not the toolkit's."""
        return Expressions("", self.matchers).metric(name)

    @property
    def workers(self) -> str:
        """The recorded number of workers, which each job has that is one of ours."""
        return self.aggregated.value(self.named(catalogue.MONITOR_WORKERS.key))

    def ours(self, expression: str) -> str:
        """What an expression gives of jobs that show metrics of the toolkit now."""
        return f"{expression} and on ({self.by}) {self.workers}"

    def known(self, expression: str) -> str:
        """What an expression gives of jobs that have shown them in the last days."""
        return f"{expression} and on ({self.by}) last_over_time({self.workers}[{_REMEMBERED}])"

    def rate_of(self, signal: Signal, matcher: str = "") -> str:
        """The recorded rate of a signal's events, added up to the level."""
        name = self.aggregated.rate(self.named(signal.total), signal.family.labelnames)
        return f"sum by ({self.by}) ({name}{matcher and f'{{{matcher}}}'})"

    def bounds_of(self, signal: Signal) -> tuple[float, ...]:
        """The bounds of the buckets of a signal's durations, in seconds; the usual ones if nobody knows."""
        found = self._whole.of(signal.duration)
        return found.bounds if found is not None and found.bounds else DEFAULT_BUCKETS

    def knows_bounds(self, one: Measured) -> bool:
        """Whether the bounds of a metric are those of a service that was asked, not the usual ones."""
        return self.is_asked and (one in self.survey.custom or bool(bounds_of(self.survey)))

    @cached_property
    def measured(self) -> tuple[Measured, ...]:
        """All that the toolkit brings, with the labels and bounds of the survey, and the custom metrics."""
        custom = self._whole.custom
        own = f"{self.namespace}_"
        return tuple(one for one in self._whole.measured if one.name.startswith(own) or one in custom)

    @cached_property
    def _whole(self) -> Survey:
        return whole(self.survey)


def without(labels: Iterable[str], taken: Iterable[str]) -> tuple[str, ...]:
    """The labels but those of a single instance or worker, and those taken."""
    left_out = {"instance", "pid", *taken}
    return tuple(label for label in labels if label not in left_out)
