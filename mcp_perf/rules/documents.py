"""Documents: all groups of rules of a subject, and the files that they are written to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import faults, load, scrapes, service_objectives
from .aggregates import aggregates
from .conditions import alerts, durations
from .objectives import Specification
from .rule import Group
from .subject import Subject

CONDITIONS = {
    one.name: one for one in (*scrapes.CONDITIONS, *faults.CONDITIONS, *load.CONDITIONS, *load.SPENT)
}
"""The alerts that a file may tune, by name."""

PARTS = ("aggregates", "objectives", "alerts")
"""What groups are for, in the order in which they are written."""

Document = dict[str, Any]


def groups_of(subject: Subject, said: Specification) -> dict[str, list[Group]]:
    """The groups by what they are for: ``aggregates``, ``objectives`` (if there are any) and ``alerts``."""
    name = subject.namespace
    subject = replace(
        subject, covering={sli: said.of_all_requests(sli) for sli in ("availability", "latency")}
    )
    thresholds = service_objectives.thresholds(said.objectives) | durations(
        subject, load.CONDITIONS, said.alerts
    )
    found = {
        "aggregates": [aggregates(subject, thresholds)],
        "objectives": list(service_objectives.groups(subject, said)),
        "alerts": [
            Group(f"{name}-scrapes", alerts(subject, scrapes.CONDITIONS, said.alerts)),
            Group(f"{name}-faults", alerts(subject, faults.CONDITIONS, said.alerts)),
            Group(f"{name}-load", alerts(subject, load.CONDITIONS, said.alerts)),
        ],
    }
    if found["objectives"]:
        spent = alerts(subject, load.SPENT, said.alerts)
        found["objectives"].append(Group(f"{name}-objectives-budget", spent, said.interval))
    return {part: kept for part, of in found.items() if (kept := [one for one in of if one.rules])}
