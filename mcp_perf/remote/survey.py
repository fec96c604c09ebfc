"""Surveys: what a service measures, under which names, with which labels and buckets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from .. import catalogue
from ..storage.grid import DEFAULT_BUCKETS
from .client import Client, NoAnswerError

_SUFFIX = f"_{catalogue.MONITOR_SCRAPES.metrics[0].name}"  # that every monitor shows
_ITS_OWN = {metric.name for family in (*catalogue.ALL, *catalogue.PUSHED) for metric in family.metrics}
# What prometheus_client shows unasked, and what Prometheus makes of every scrape. Whole names: metrics of an
# application may begin alike.
_OTHERS = {
    *("process_virtual_memory_bytes", "process_resident_memory_bytes", "process_start_time_seconds"),
    *("process_cpu_seconds_total", "process_open_fds", "process_max_fds"),
    *("python_info", "python_gc_collections_total"),
    *("python_gc_objects_collected_total", "python_gc_objects_uncollectable_total"),
    *("up", "scrape_duration_seconds", "scrape_samples_scraped", "scrape_samples_post_metric_relabeling"),
    *("scrape_series_added", "scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes"),
    *("ALERTS", "ALERTS_FOR_STATE"),
}


@dataclass(frozen=True)
class Measured:
    """One metric: its name, and its bounds if it is a histogram; without its labels if it has no series."""

    name: str
    type: str
    documentation: str
    labelnames: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True)
class Survey:
    """All metrics that a service with this namespace shows."""

    namespace: str
    measured: tuple[Measured, ...]

    def of(self, name: str) -> Measured | None:
        """The metric whose name is that without the namespace, None where it is not shown."""
        whole = f"{self.namespace}_{name}"
        return next((one for one in self.measured if one.name == whole), None)

    @property
    def custom(self) -> tuple[Measured, ...]:
        """Those of the application: neither the toolkit's, nor prometheus_client's or Prometheus's own."""
        brought = {f"{self.namespace}_{name}" for name in _ITS_OWN} | _OTHERS
        return tuple(one for one in self.measured if one.name not in brought)


def survey(client: Client) -> Survey:
    """What the metrics app of a service shows; NoAnswerError, also where there is none."""
    for path in ("/metrics", ""):
        try:
            return survey_of(client.text(path))
        except NoAnswerError as error:
            if error.status not in (404, 405):
                raise
        except ValueError:
            continue
    raise NoAnswerError(f"{client.url} shows no metrics of mcp_perf")


def survey_of(text: str) -> Survey:
    """What a text of the Prometheus format shows; ValueError for what is none, or of no monitor."""
    found = [_measured(one) for one in text_string_to_metric_families(text)]
    for one in found:
        if one.name.endswith(_SUFFIX):
            return Survey(one.name.removesuffix(_SUFFIX), tuple(found))
    raise ValueError("there is no metric of mcp_perf")


def usual(namespace: str, buckets: Iterable[float] = DEFAULT_BUCKETS) -> Survey:
    """All that the toolkit brings, where nobody can be asked."""
    bounds = {"seconds": tuple(buckets), "bytes": (), None: ()}
    return Survey(
        namespace,
        tuple(
            Measured(
                f"{namespace}_{metric.name}",
                metric.type,
                metric.documentation,
                family.labelnames,
                bounds[family.buckets] if metric.type == "histogram" else (),
            )
            for family in catalogue.ALL
            for metric in family.metrics
        ),
    )


def _measured(family: Metric) -> Measured:
    suffix = "_total" if family.type == "counter" else ""
    labels = {label for sample in family.samples for label in sample.labels} - {"le", "quantile"}
    bounds = {float(sample.labels["le"]) for sample in family.samples if "le" in sample.labels}
    return Measured(
        family.name + suffix,
        family.type,
        family.documentation,
        tuple(sorted(labels)),
        tuple(sorted(bound for bound in bounds if math.isfinite(bound))),
    )
