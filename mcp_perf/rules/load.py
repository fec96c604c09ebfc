"""Alerts on load: what is full, what piles up, what does not move, and services without objectives."""

from __future__ import annotations

from .. import catalogue
from ..promql import BUDGET, Objectives, failed, matcher
from ..signals import HTTP, WORKFLOWS
from .conditions import JOB, TunableAlert
from .subject import Subject

_EXCEPTIONS = catalogue.HTTP_EXCEPTIONS


def _descriptors(subject: Subject, most: str) -> str:
    share = f"{subject.other('process_open_fds')} / {subject.other('process_max_fds')}"
    return subject.ours(f"max by ({subject.by}) ({share}) > {most}")


def _piling_up(subject: Subject, times: str) -> str:
    now = subject.aggregated.value(subject.named(catalogue.HTTP_IN_PROGRESS.key))
    least = f"min_over_time({now}[10m])"
    return f"{least} > {times} * avg_over_time({now}[1d] offset 10m) and {least} > 10"


def _stuck(subject: Subject, _: str) -> str:
    family = catalogue.ACTIVE_WORKFLOWS
    active = subject.aggregated.value(subject.named(family.key), family.labelnames)
    by = (*subject.level, *family.labelnames)
    return f"{active} > 0 unless on ({', '.join(by)}) {subject.ask.grown(WORKFLOWS.total, '15m', by)} > 0"


def _errors(subject: Subject, most: str) -> str:
    failures, events = subject.rate_of(HTTP, failed(HTTP)), subject.rate_of(HTTP)
    return f"{failures} / {events} > {most} and {events} > 0.1{_without(subject, 'availability')}"


def _slow(subject: Subject, most: str) -> str:
    labels = (*HTTP.things, "le")
    rates = subject.aggregated.rate(f"{subject.named(HTTP.duration)}_bucket", labels)
    quantile = f"histogram_quantile(0.95, sum by ({subject.by}, le) ({rates}))"
    # A quantile beyond the greatest bound is that bound.
    return f"{quantile} >= {most} and {subject.rate_of(HTTP)} > 0.1{_without(subject, 'latency')}"


def _without(subject: Subject, sli: str) -> str:
    # Objectives of operations, of steps or of some routes do not say that requests are well.
    names = subject.covering.get(sli, ())
    if not names:
        return ""
    return f' unless on ({subject.by}) {subject.recorded.objective}{{sli="{sli}", {matcher("slo", names)}}}'


def _exceptions(subject: Subject, most: str) -> str:
    by = (*subject.level, *(label for label in _EXCEPTIONS.labelnames if label != "method"))
    return f"{subject.ask.grown(_EXCEPTIONS.key, '15m', by)} > {most}"


def _spent(subject: Subject, _: str) -> str:
    names = subject.recorded
    events = names.events("1h")
    enough = f"sum_over_time({events}[{BUDGET}:1h]) * 3600 >= {names.least}"
    spent = f"(1 - {names.objective}){Objectives(names).over_covered(BUDGET)}"
    return f"{names.errors(BUDGET)} > {spent} and {enough} and {events} > 0"


CONDITIONS = (
    TunableAlert(
        "FileDescriptors",
        "ticket",
        "10m",
        _descriptors,
        f"{JOB}: a process has {{{{ $value | humanizePercentage }}}} of its file descriptors open",
        "Beyond the limit it takes no connection and opens no file.",
        0.8,
        is_share=True,
    ),
    TunableAlert(
        "RequestsPilingUp",
        "ticket",
        "5m",
        _piling_up,
        f"{JOB}: {{{{ $value }}}} requests are in progress",
        "For ten minutes there have been more than THRESHOLD times as many as on average on the day before.",
        4.0,
    ),
    TunableAlert(
        "WorkflowStuck",
        "ticket",
        "15m",
        _stuck,
        f"{JOB}: {{{{ $labels.workflow }}}} does not move",
        "{{ $value }} runs have a step executing; none has ended in the LASTING and the 15 minutes before.",
    ),
    TunableAlert(
        "HighErrorRate",
        "ticket",
        "10m",
        _errors,
        f"{JOB}: {{{{ $value | humanizePercentage }}}} of the requests fail",
        "More than a share of THRESHOLD, for LASTING; no objective is about all of its requests.",
        0.05,
        is_share=True,
    ),
    TunableAlert(
        "HighLatency",
        "ticket",
        "15m",
        _slow,
        f"{JOB}: one in twenty requests takes more than {{{{ $value | humanizeDuration }}}}",
        "More than THRESHOLD s, for LASTING; no objective is about the durations of all its requests.",
        2.0,
        HTTP,
    ),
    TunableAlert(
        "Exceptions",
        "info",
        "",
        _exceptions,
        f"{JOB}: {{{{ $labels.exception }}}} at {{{{ $labels.route }}}}",
        "{{ $value | humanize }} times in 15 minutes no handler of the application caught it.",
        10.0,
    ),
)
SPENT = (
    TunableAlert(
        "ErrorBudgetSpent",
        "ticket",
        "15m",
        _spent,
        f"{JOB}: the error budget of {{{{ $labels.slo }}}} ({{{{ $labels.sli }}}}) is spent",
        f"{{{{ $value | humanizePercentage }}}} of the events of the last {BUDGET} did not meet it.",
    ),
)
