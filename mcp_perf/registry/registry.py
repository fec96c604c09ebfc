"""The registry: every family of one monitor, with no metric name given twice."""

from __future__ import annotations

from collections.abc import Iterable

from ..storage.atomic import Lock
from ..storage.grid import Grid
from ..storage.pages import HeapPages, Pages
from .family import Cap, Family
from .labels import check_label_names, check_metric_name
from .snapshot import FamilyReading, Metric, Section


class Registry:
    """The families of one monitor; two registries share nothing.

    `max_series` is the cap for each metric.
    """

    def __init__(self, *, max_series: int, pages: Pages | None = None) -> None:
        self._max_series = max_series
        self._pages = pages if pages is not None else HeapPages()
        self._families: dict[tuple[Section, str, tuple[str, ...]], Family] = {}
        self._caps: dict[tuple[Section, str], Cap] = {}
        self._owners: dict[str, tuple[Section, str]] = {}
        # One for all its families: what is done under it is rare.
        self._lock = Lock()

    def claim(self, section: Section, key: str, metrics: Iterable[Metric]) -> None:
        """Keep the names of these metrics for a family; ValueError for an invalid or a taken one."""
        names = {check_metric_name(name) for metric in metrics for name in sample_names(metric)}
        with self._lock:
            for name in sorted(names):
                owner = self._owners.get(name, (section, key))
                if owner != (section, key):
                    raise ValueError(f"{key!r} would write {name!r}, which {owner[1]!r} writes already")
            self._owners.update(dict.fromkeys(names, (section, key)))

    def family(
        self,
        section: Section,
        key: str,
        labelnames: tuple[str, ...],
        metrics: tuple[Metric, ...],
        *,
        grid: Grid | None = None,
    ) -> Family:
        """The family of `key` in its section with these label names, created at the first call.

        One key may have several sets of label names (calls with labels of their own); the metrics must be
        the same. Raises ValueError for an invalid name, for a metric name that another key has, and where
        the same key was made with another type, documentation or buckets.
        """
        with self._lock:
            known = self._families.get((section, key, labelnames))
            if known is not None:
                if known.metrics != metrics or _classic(known.grid) != _classic(grid):
                    raise ValueError(f"{key!r} is already there with another type, documentation or buckets")
                return known
            if section == "custom" and (section, key) in self._caps:
                raise ValueError(f"{key!r} is already there with other label names")
            self.claim(section, key, metrics)
            check_label_names(labelnames, reserved=("le",) if grid is not None else ())
            cap = self._caps.setdefault((section, key), Cap(self._max_series))
            family = Family(
                *(section, key, labelnames, metrics), grid=grid, pages=self._pages, cap=cap, lock=self._lock
            )
            self._families[section, key, labelnames] = family
            return family

    def read(self) -> tuple[FamilyReading, ...]:
        """The readings of all families, in the order of their creation."""
        with self._lock:
            families = list(self._families.values())
        return tuple(family.read() for family in families)


def sample_names(metric: Metric) -> tuple[str, ...]:
    """The names of the lines that a metric writes, its own included."""
    if metric.type == "histogram":
        return (metric.name, *(metric.name + suffix for suffix in ("_bucket", "_sum", "_count")))
    return (metric.name,)


def _classic(grid: Grid | None) -> tuple[float, ...] | None:
    return grid.classic if grid is not None else None
