"""Metrics of the user's own, with prometheus_client's verbs, in the same store as all others."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar, get_args

from .decorators.company import Token
from .decorators.recorders import Recorder
from .decorators.timed import Timed
from .errors import wrong
from .registry.description import FamilyDescription, Merge, Metric, MetricType, Shows
from .registry.exemplar import check_labels
from .registry.family import Family
from .registry.labels import check_label_names, check_metric_name, clean
from .registry.registry import Registry
from .registry.series import Series
from .settings import check_retention
from .timing import Clock

Self = TypeVar("Self", bound="Instrument")


class Instrument:
    """What counter, gauge and histogram share: a family, or one series of it."""

    type: ClassVar[MetricType]

    def __init__(self, family: Family, clock: Clock, series: Series | None) -> None:
        self._family = family
        self._clock = clock
        self._series = series

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._family.description.key!r}>"

    def labels(self: Self, *values: object, **named: object) -> Self:
        """The series of these label values, given in order or by name.

        Keep what this returns where it is used often. Raises ValueError where the values do not fit the
        label names.
        """
        return type(self)(self._family, self._clock, self._family.labels(*self._values(values, named)))

    def remove(self, *values: object, **named: object) -> None:
        """Forget the series of these label values, if there is one; its handles write nowhere then."""
        self._family.remove(tuple(map(clean, self._values(values, named))))

    def clear(self) -> None:
        """Forget the series of all label values."""
        if self._family.description.labelnames:
            self._family.clear()

    def _values(self, values: tuple[object, ...], named: dict[str, object]) -> tuple[object, ...]:
        names = self._family.description.labelnames
        if self._series is not None or not names:
            raise ValueError(f"{self._family.description.key!r} takes no label values here")
        fits = (len(values) == len(names) and not named) or (not values and set(named) == set(names))
        if not fits:
            given = sorted(named) if named else values
            raise ValueError(
                f"{self._family.description.key!r} takes values for {', '.join(names)}, not {given!r}"
            )
        return values or tuple(named[name] for name in names)

    def _one(self) -> Series:
        if self._series is None:
            family = self._family.description
            raise ValueError(f"{family.key!r} has labels: call labels({', '.join(family.labelnames)})")
        if self._series.is_retired and not self._series.is_removed:
            self._series = self._family.labels(*self._series.labels)
        return self._series


class Counter(Instrument):
    """Counts what has happened; never goes down."""

    type = "counter"

    def inc(self, amount: float = 1.0, exemplar: Mapping[str, str] | None = None) -> None:
        """Add `amount`; ValueError for a negative one.

        `exemplar` are labels that tell of this event, which is shown with the counter, instead of the one
        before. ValueError where all their names and values take more than 128 characters.
        """
        amount = _number(amount)
        if amount < 0:
            raise ValueError(f"a counter only goes up, not by {amount!r}")
        labels = check_labels(exemplar) if exemplar else None
        series = self._one()
        series.add(amount)
        if labels is not None:
            series.show(amount, labels)


class Gauge(Instrument):
    """A value that goes up and down."""

    type = "gauge"

    def inc(self, amount: float = 1.0) -> None:
        """Add `amount`."""
        self._one().add(float(amount))

    def dec(self, amount: float = 1.0) -> None:
        """Take `amount` away."""
        self._one().add(-float(amount))

    def set(self, value: float) -> None:
        """Set to `value`."""
        self._one().put(float(value))

    def set_to_current_time(self) -> None:
        """Set to the seconds since the epoch."""
        self._one().put(self._clock.wall())

    def time(self) -> Timed:
        """A decorator and context manager that sets the gauge to the last duration, in seconds."""
        self._one()
        return Timed(lambda: _Every(self._clock, lambda elapsed: self._one().put(elapsed)))


class Histogram(Instrument):
    """Counts observations in buckets."""

    type = "histogram"

    def observe(self, amount: float, exemplar: Mapping[str, str] | None = None) -> None:
        """Count one observation; ValueError for NaN, which would spoil the sum for ever.

        `exemplar` is as for `Counter.inc`, shown with the bucket that the observation is in.
        """
        amount = _number(amount)
        labels = check_labels(exemplar) if exemplar else None
        series = self._one()
        series.observe(amount)
        if labels is not None:
            series.show(amount, labels)

    def time(self) -> Timed:
        """A decorator and context manager that observes durations, in seconds."""
        self._one()
        return Timed(lambda: _Every(self._clock, lambda elapsed: self._one().observe(elapsed)))


class _Every(Recorder):
    """Gives every duration, whatever the outcome, to one function."""

    def __init__(self, clock: Clock, give: Any) -> None:
        super().__init__(clock)
        self._give = give

    def succeeded(self, token: Token) -> None:
        self._give(self.clock() - token)

    def failed(self, token: Token, error: BaseException) -> None:  # noqa: ARG002
        self._give(self.clock() - token)


T = TypeVar("T", bound=Instrument)

_MERGES: tuple[Merge, ...] = get_args(Merge)


def merge_of(multiprocess_mode: object) -> Merge:
    """How a gauge merges, by prometheus_client's word for it; ValueError for another one.

    A dead worker's gauge is gone, so that its ``live…`` modes are the same as those without.
    """
    for merge in _MERGES:
        if multiprocess_mode in (merge, f"live{merge}"):
            return merge
    raise wrong("multiprocess_mode", multiprocess_mode, f"one of {', '.join(_MERGES)}")


def define(
    kind: type[T],
    registry: Registry,
    name: str,
    documentation: str,
    labelnames: Iterable[str],
    *,
    clock: Clock,
    buckets: tuple[float, ...] | None = None,
    merge: Merge = "sum",
    retention: float | None = None,
) -> T:
    """The instrument of that name; the same again where it was defined alike before."""
    if not isinstance(documentation, str):
        raise ValueError(f"documentation must be a string, not {documentation!r}")
    if check_metric_name(name) == "_total":
        raise ValueError("name must be more than its suffix '_total'")
    if kind.type == "counter" and not name.endswith("_total"):
        name += "_total"
    names = check_label_names(labelnames)
    shows: Shows = "distribution" if buckets is not None else "value"
    written = documentation.encode("utf-8", "replace").decode()  # a lone surrogate would cost the metric
    metric = Metric(name, kind.type, written, shows)
    description = FamilyDescription("custom", name, names, (metric,), buckets, merge)
    if description.merge == "all" and retention is not None:
        raise wrong("retention", retention, "None where multiprocess_mode is 'all'")
    family = registry.family(description, check_retention("retention", retention))
    return kind(family, clock, None if names else family.labels())


def _number(amount: float) -> float:
    value = float(amount)
    if math.isnan(value):
        raise ValueError("a measured value must be a number, not nan")
    return value
