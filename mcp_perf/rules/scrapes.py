"""Alerts on services that are not there, or cannot be scraped."""

from __future__ import annotations

from .. import catalogue
from .conditions import JOB, TunableAlert
from .subject import Subject

_SCRAPE_ERRORS = catalogue.MONITOR_SCRAPE_ERRORS


def _down(subject: Subject, _: str) -> str:
    return subject.known(f"max by ({subject.by}) ({subject.other('up')}) == 0")


def _instances_down(subject: Subject, most: str) -> str:
    return subject.known(f"1 - avg by ({subject.by}) ({subject.other('up')}) > {most}")


def _absent(subject: Subject, _: str) -> str:
    return (
        f"last_over_time({subject.workers}[1h]) "
        f"unless on ({subject.by}) group by ({subject.by}) ({subject.other('up')})"
    )


def _slow(subject: Subject, most: str) -> str:
    return subject.ours(f"max by ({subject.by}) ({subject.other('scrape_duration_seconds')}) > {most}")


def _errors(subject: Subject, _: str) -> str:
    by = (*subject.level, *_SCRAPE_ERRORS.labelnames)
    return f"{subject.ask.grown(_SCRAPE_ERRORS.key, '15m', by)} > 0"


def _no_workers(subject: Subject, _: str) -> str:
    return f"{subject.workers} < 1"


CONDITIONS = (
    TunableAlert(
        "ServiceDown",
        "page",
        "2m",
        _down,
        f"{JOB}: no instance can be scraped",
        "Every target of the job has been down: the service does not run, or its metrics cannot be reached.",
    ),
    TunableAlert(
        "ServiceAbsent",
        "page",
        "5m",
        _absent,
        f"{JOB}: there is no target any more",
        "The job showed metrics within the last hour, and service discovery finds none of its targets now.",
    ),
    TunableAlert(
        "InstancesDown",
        "ticket",
        "10m",
        _instances_down,
        f"{JOB}: {{{{ $value | humanizePercentage }}}} of the instances cannot be scraped",
        "More than a share of THRESHOLD of the targets has been down for LASTING.",
        0.1,
        is_share=True,
    ),
    TunableAlert(
        "NoWorkers",
        "page",
        "2m",
        _no_workers,
        f"{JOB}: instances answer scrapes, but no worker measures",
        "The number of live processes whose measurements are merged is 0.",
    ),
    TunableAlert(
        "ScrapeSlow",
        "ticket",
        "15m",
        _slow,
        f"{JOB}: a scrape takes {{{{ $value | humanizeDuration }}}}",
        "The slowest instance takes more than THRESHOLD s; beyond the scrape timeout it counts as down.",
        5.0,
    ),
    TunableAlert(
        "ScrapeErrors",
        "ticket",
        "",
        _errors,
        f"{JOB}: scrapes lack what {{{{ $labels.collector }}}} should have brought",
        "It has failed or hung {{ $value | humanize }} times in 15 minutes; all other metrics were there.",
    ),
)
