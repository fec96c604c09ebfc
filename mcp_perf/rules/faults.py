"""Alerts on the measuring itself: what it has lost, folded together or could not write."""

from __future__ import annotations

from .. import catalogue
from ..catalogue import FamilySpec
from .conditions import JOB, TunableAlert
from .subject import Subject

_SERIES = catalogue.MONITOR_SERIES


def _grown(family: FamilySpec, subject: Subject) -> str:
    by = (*subject.level, *family.labelnames)
    return f"{subject.ask.grown(family.key, '15m', by)} > 0"


def _near(subject: Subject, most: str) -> str:
    series = subject.aggregated.value(subject.named(_SERIES.key), _SERIES.labelnames, "max")
    return f"{series} > {most}"


CONDITIONS = (
    TunableAlert(
        "EventsLost",
        "ticket",
        "",
        lambda subject, _: _grown(catalogue.MONITOR_LOST, subject),
        f"{JOB}: events were lost in {{{{ $labels.where }}}}",
        "A fault in the instrumentation has cost {{ $value | humanize }} events or labels in 15 minutes.",
    ),
    TunableAlert(
        "StorageErrors",
        "ticket",
        "",
        lambda subject, _: _grown(catalogue.MONITOR_STORAGE_ERRORS, subject),
        f"{JOB}: the files that workers share fail at {{{{ $labels.operation }}}}",
        "{{ $value | humanize }} faults in 15 minutes. Requests are served on; a scrape may lack workers.",
    ),
    TunableAlert(
        "ExportErrors",
        "ticket",
        "30m",
        lambda subject, _: _grown(catalogue.MONITOR_EXPORT_ERRORS, subject),
        f"{JOB}: what is pushed ({{{{ $labels.exporter }}}}) is not taken",
        "Pushes have gone on failing for LASTING, {{ $value | humanize }} in the last 15 minutes.",
    ),
    TunableAlert(
        "SeriesOverflow",
        "ticket",
        "",
        lambda subject, _: _grown(catalogue.MONITOR_OVERFLOWED, subject),
        f"{JOB}: {{{{ $labels.family }}}} has more label sets than max_series",
        "{{ $value | humanize }} look-ups of new label sets went to the overflow series in 15 minutes.",
    ),
    TunableAlert(
        "SeriesNearLimit",
        "info",
        "15m",
        _near,
        f"{JOB}: an instance holds {{{{ $value }}}} series of {{{{ $labels.family }}}}",
        "That is more than THRESHOLD; label sets beyond max_series are counted together.",
        1600.0,
    ),
)
