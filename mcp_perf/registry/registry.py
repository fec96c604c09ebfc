"""The registry: every family of one monitor, by key, with no metric name given twice."""

from __future__ import annotations

import threading

from ..storage.grid import Grid
from ..storage.pages import HeapPages, Pages
from .family import Family
from .labels import check_label_names, check_metric_name
from .snapshot import FamilyReading, Metric


class Registry:
    """The families of one monitor; two registries share nothing.

    `max_series` is the cap for each family.
    """

    def __init__(self, *, max_series: int, pages: Pages | None = None) -> None:
        self._max_series = max_series
        self._pages = pages if pages is not None else HeapPages()
        self._families: dict[tuple[str, tuple[str, ...]], Family] = {}
        self._owners: dict[str, str] = {}
        self._lock = threading.RLock()

    def family(
        self,
        key: str,
        labelnames: tuple[str, ...],
        metrics: tuple[Metric, ...],
        *,
        grid: Grid | None = None,
    ) -> Family:
        """The family of `key` with these label names, created at the first call.

        One key may have several sets of label names (calls with labels of their own); the metrics must be
        the same. Raises ValueError for an invalid name, for a metric name that another key has, and where
        the same key was made with another type, documentation or buckets.
        """
        with self._lock:
            known = self._families.get((key, labelnames))
            if known is not None:
                if known.metrics != metrics or _classic(known.grid) != _classic(grid):
                    raise ValueError(f"{key!r} is already there with another type, documentation or buckets")
                return known
            self._claim(key, metrics)
            check_label_names(labelnames, reserved=("le",) if grid is not None else ())
            family = Family(
                key, labelnames, metrics, pages=self._pages, grid=grid, max_series=self._max_series
            )
            self._families[key, labelnames] = family
            return family

    def keys(self) -> set[str]:
        """The keys of all families."""
        with self._lock:
            return {key for key, _ in self._families}

    def read(self) -> tuple[FamilyReading, ...]:
        """The readings of all families, in the order of their creation."""
        with self._lock:
            families = list(self._families.values())
        return tuple(family.read() for family in families)

    def _claim(self, key: str, metrics: tuple[Metric, ...]) -> None:
        names = {check_metric_name(name) for metric in metrics for name in sample_names(metric)}
        for name in sorted(names):
            owner = self._owners.get(name, key)
            if owner != key:
                raise ValueError(f"{key!r} would write {name!r}, which {owner!r} writes already")
        self._owners.update(dict.fromkeys(names, key))


def sample_names(metric: Metric) -> tuple[str, ...]:
    """The names of the lines that a metric writes, its own included."""
    if metric.type == "histogram":
        return (metric.name, *(metric.name + suffix for suffix in ("_bucket", "_sum", "_count")))
    return (metric.name,)


def _classic(grid: Grid | None) -> tuple[float, ...] | None:
    return grid.classic if grid is not None else None
