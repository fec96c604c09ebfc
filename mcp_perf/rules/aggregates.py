"""Aggregates: what is recorded of all instances together, so that their number costs nothing further on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from .. import catalogue
from ..promql import RECORDED_WINDOW, bound
from ..remote.survey import Measured
from ..signals import SIGNALS
from .rule import Group, Recording
from .subject import Subject, without

_APART = 2.0  # the least quotient of two bounds that are both recorded
_GREATEST = {catalogue.MONITOR_SERIES.key}  # a sum over instances of these would mean nothing


def aggregates(subject: Subject, thresholds: Iterable[float] = ()) -> Group:
    """The recording rules; buckets at the `thresholds` are among those that stay, in seconds."""
    kept = set(thresholds)
    rules = [rule for one in subject.measured for rule in _rules(subject, one, kept)]
    return Group(f"{subject.namespace}-aggregates", [*rules, *_of_processes(subject)])


def _rules(subject: Subject, one: Measured, thresholds: set[float]) -> Iterator[Recording]:
    labels, names = without(one.labelnames, subject.level), subject.aggregated
    by = (*subject.level, *labels)
    if one.type == "counter":
        yield Recording(names.rate(one.name, labels), _rate(subject, one.name, by))
    elif one.type == "gauge" and not one.name.endswith("_created"):
        for operation in _operations(subject, one):
            series = subject.other(one.name)
            yield Recording(
                names.value(one.name, labels, operation), f"{operation} by ({', '.join(by)}) ({series})"
            )
    elif one.type == "histogram":
        yield from _histogram(subject, one, thresholds)
    if one.name == subject.named(catalogue.HTTP_IN_PROGRESS.key):
        yield Recording(names.value(one.name), f"sum by ({subject.by}) ({subject.other(one.name)})")


def _operations(subject: Subject, one: Measured) -> Sequence[str]:
    name = one.name.removeprefix(f"{subject.namespace}_")
    if one in subject.survey.custom:
        return "sum", "max"  # nobody knows which of them means something
    return ("max",) if name in _GREATEST else ("sum",)


def _histogram(subject: Subject, one: Measured, thresholds: set[float]) -> Iterator[Recording]:
    outcomes = {subject.named(signal.duration): signal.outcome for signal in SIGNALS}
    labels = without(one.labelnames, (*subject.level, outcomes.get(one.name, "")))
    for part in ("sum", "count"):
        name = f"{one.name}_{part}"
        yield Recording(
            subject.aggregated.rate(name, labels), _rate(subject, name, (*subject.level, *labels))
        )
    name, with_bound = f"{one.name}_bucket", (*labels, "le")
    # One set of rules serves services of other buckets, unless these are known to be theirs.
    chosen = _buckets(one.bounds, thresholds) if subject.knows_bounds(one) else ()
    expression = _rate(subject, name, (*subject.level, *with_bound), *chosen)
    yield Recording(subject.aggregated.rate(name, with_bound), expression)


def _buckets(bounds: Sequence[float], thresholds: set[float]) -> tuple[str, ...]:
    """The matcher of the buckets that stay; none where all of them do.

    The greatest bound stays: no quantile is beyond the greatest that is recorded, so without it none would
    ever reach a threshold that lies between the two.
    """
    left: list[float] = []
    for one in bounds:
        if not left or one in (*thresholds, bounds[-1]) or left[-1] <= 0 or one >= _APART * left[-1]:
            left.append(one)
    return (bound(*left, float("inf")),) if len(left) < len(bounds) else ()


def _rate(subject: Subject, name: str, by: Sequence[str], *matchers: str) -> str:
    chosen = ", ".join((*subject.matchers, *matchers))
    series = f"{name}{{{chosen}}}" if chosen else name
    return f"sum by ({', '.join(by)}) (rate({series}[{RECORDED_WINDOW}]))"


def _of_processes(subject: Subject) -> Iterator[Recording]:
    names, other = subject.aggregated, subject.other
    cpu, memory = "process_cpu_seconds_total", "process_resident_memory_bytes"
    total = f"sum by ({subject.by})"
    yield Recording(names.rate(cpu), subject.ours(_rate(subject, cpu, subject.level)))
    yield Recording(names.value(memory), subject.ours(f"{total} ({other(memory)})"))
    yield Recording(names.value("up"), subject.known(f"{total} ({other('up')})"))
    yield Recording(
        names.value("up", operation="count"), subject.known(f"count by ({subject.by}) ({other('up')})")
    )
