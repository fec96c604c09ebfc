"""Variables: what is chosen at the head of a dashboard."""

from __future__ import annotations

from dataclasses import replace

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as models

from .. import catalogue
from .design import INSTANCE, JOB, Design, chosen

TYPE = "prometheus"
SOURCE = models.DataSourceRef(TYPE, "${datasource}")
_EVERYTHING = models.VariableOption(True, ["All"], ["$__all"])

Variable = Builder[models.VariableModel]


def datasource(design: Design) -> Variable:
    """Which Prometheus is asked."""
    default = models.VariableOption(True, design.datasource, design.datasource)
    return builders.DatasourceVariable("datasource").label("Data source").type(TYPE).current(default)


def of_scrapes(design: Design) -> tuple[Variable, Variable]:
    """Which jobs are shown, and which of their instances."""
    every, of_jobs = (replace(design.ask, matchers=matchers) for matchers in ((), (chosen(JOB),)))
    workers = catalogue.MONITOR_WORKERS.key
    return _several(JOB, every.metric(workers)), _several(INSTANCE, of_jobs.metric(workers))


def several(label: str, design: Design, name: str, *within: str) -> Variable:
    """Which values of a metric's label are shown, among those of what is chosen for the labels `within`."""
    return _several(label, design.ask.metric(name, *map(chosen, within)))


def one(label: str, design: Design, name: str) -> Variable:
    """Which one value of a metric's label is shown."""
    return _query(label, design.ask.metric(name))


def recorded(label: str, selector: str) -> Variable:
    """Which values of the label are shown, of series that are selected."""
    return _several(label, selector)


def _several(label: str, selector: str) -> Variable:
    # By all a series is chosen that lacks the label as well, and the query stays short.
    return _query(label, selector).multi(True).include_all(True).all_value(".*").current(_EVERYTHING)


def _query(label: str, selector: str) -> builders.QueryVariable:
    return (
        builders.QueryVariable(label)
        .label(label.replace("_", " ").capitalize())
        .datasource(SOURCE)
        .query(f"label_values({selector}, {label})")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )
