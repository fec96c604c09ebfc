"""Workers and saturation: what the service has left, and what the toolkit says of itself."""

from __future__ import annotations

from dataclasses import replace

from .. import catalogue
from ..catalogue import FamilySpec
from ..promql import fullest, quotient
from . import panels, queries, variables
from .board import Board, Row
from .design import INSTANCE, RANGE, RATE, Design
from .panels import Panel, chart, figure
from .queries import Query, legend

# What Prometheus writes down of a scrape, and prometheus_client of a process.
_UP, _SCRAPE = "up", "scrape_duration_seconds"
_CPU, _MEMORY = "process_cpu_seconds_total", "process_resident_memory_bytes"
_OPEN, _MOST_OPEN = "process_open_fds", "process_max_fds"

# What goes wrong, and how it is called.
_WRONG = (
    ("Overflowed", catalogue.MONITOR_OVERFLOWED),
    ("Events lost", catalogue.MONITOR_LOST),
    ("Storage errors", catalogue.MONITOR_STORAGE_ERRORS),
    ("Scrape errors", catalogue.MONITOR_SCRAPE_ERRORS),
    ("Export errors", catalogue.MONITOR_EXPORT_ERRORS),
)


def board(design: Design) -> Board:
    """The dashboard."""
    rows = [
        Row("At a glance", ([*_counted(design), *(_total(design, *one) for one in _WRONG)],)),
        Row("Workers", ([_up(design), _workers(design), _in_progress(design)],)),
    ]
    if design.has(_CPU):
        rows.append(Row("Processes", ([_cpu(design), _memory(design), _descriptors(design)],)))
    by_family = [_of(design, *one) for one in (*_WRONG[:1], ("Expired", catalogue.MONITOR_EXPIRED))]
    rows.append(Row("Series", ([_series(design), *by_family],)))
    rows.append(Row("Measuring", ([_scrapes(design), *(_of(design, *one) for one in _WRONG[1:])],)))
    return Board(
        "workers",
        "Workers and saturation",
        "How many processes there are, what they use, and whether the measuring itself is well.",
        variables.of_scrapes(design),
        tuple(rows),
    )


def _counted(design: Design) -> list[Panel]:
    ask, workers, series = design.ask, catalogue.MONITOR_WORKERS, catalogue.MONITOR_SERIES
    return [
        figure(
            title,
            family.metrics[0].documentation,
            ask.aggregated("sum", family.key),
            panels.NUMBER,
            low="blue",
        )
        for title, family in (("Workers", workers), ("Series", series))
    ]


def _total(design: Design, title: str, family: FamilySpec) -> Panel:
    number = design.ask.or_zero(design.ask.grown(family.key, RANGE))
    return figure(title, family.metrics[0].documentation, number, panels.NUMBER, panels.ANY)


def _of(design: Design, title: str, family: FamilySpec) -> Panel:
    by = family.labelnames
    rate = design.ask.or_zero(design.ask.summed("rate", family.key, RATE, by), by[0])
    documentation = family.metrics[0].documentation
    return chart(title, documentation, [queries.by(by, rate)], panels.OPERATIONS, is_stacked=True)


def _up(design: Design) -> Panel:
    up = queries.lowest_by([INSTANCE], design.ask_whole.aggregated("min", _UP, [INSTANCE]))
    return chart("Up", "1 where the last scrape has succeeded.", [up], panels.NUMBER, most=1)


def _workers(design: Design) -> Panel:
    family = catalogue.MONITOR_WORKERS
    return _summed(design, "Workers", family)


def _in_progress(design: Design) -> Panel:
    return _summed(design, "In progress", catalogue.HTTP_IN_PROGRESS)


def _summed(design: Design, title: str, family: FamilySpec) -> Panel:
    metric = design.ask.aggregated("sum", family.key, [INSTANCE])
    return chart(title, family.metrics[0].documentation, [_by_instance(metric)], panels.NUMBER)


def _cpu(design: Design) -> Panel:
    used = design.ask_whole.summed("rate", _CPU, RATE, [INSTANCE])
    description = "CPU seconds that the workers of an instance use in a second: 1 is a whole core."
    return chart("CPU", description, [_by_instance(used)], panels.NUMBER)


def _memory(design: Design) -> Panel:
    used = design.ask_whole.aggregated("sum", _MEMORY, [INSTANCE])
    description = "Resident memory of the workers of an instance; what they share counts for each."
    return chart("Memory", description, [_by_instance(used)], panels.BYTES)


def _descriptors(design: Design) -> Panel:
    is_open, most = (design.ask_whole.metric(name) for name in (_OPEN, _MOST_OPEN))
    return chart(
        "File descriptors",
        "Open ones, as a share of all that a process may have, of the worker that is nearest to that.",
        [_by_instance(fullest(is_open, most, [INSTANCE]))],
        panels.SHARE,
        thresholds=((0.7, "yellow"), (0.9, "red")),
    )


def _series(design: Design) -> Panel:
    family = catalogue.MONITOR_SERIES
    by = family.labelnames
    held = queries.by(by, design.ask.aggregated("sum", family.key, by))
    return chart("Series held", family.metrics[0].documentation, [held], panels.NUMBER, is_stacked=True)


def _scrapes(design: Design) -> Panel:
    time, number = (
        design.ask.summed("rate", family.key, RATE, [INSTANCE])
        for family in (catalogue.MONITOR_SCRAPE_DURATION, catalogue.MONITOR_SCRAPES)
    )
    seen = design.ask_whole.aggregated("max", _SCRAPE, [INSTANCE])
    return chart(
        "Duration of a scrape",
        "As the service says: reading and rendering; and as Prometheus does: all of it.",
        [
            replace(_by_instance(quotient(time, number)), legend=f"{legend([INSTANCE])} inside"),
            replace(_by_instance(seen), legend=f"{legend([INSTANCE])} outside"),
        ],
        panels.SECONDS,
    )


def _by_instance(expression: str) -> Query:
    return queries.by([INSTANCE], expression)
