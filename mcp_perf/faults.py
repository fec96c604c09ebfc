"""Faults of the instrumentation itself: counted, logged once each kind, never raised."""

from __future__ import annotations

import logging
from collections import Counter

from .registry.family import Family

logger = logging.getLogger("mcp_perf")


class Faults:
    """Counts events lost to a fault in the measuring; `family` has the one label `where`."""

    def __init__(self, family: Family) -> None:
        self._family = family
        self._logged: set[str] = set()

    def lost(self, where: str, error: BaseException) -> None:
        """Count a fault at `where` and log the first one there, with its traceback."""
        try:
            self._family.labels(where).add(1.0)
            if where not in self._logged:
                self._logged.add(where)
                logger.error(
                    "mcp_perf lost an event in %s; further faults there are only counted",
                    where,
                    exc_info=error,
                )
        except Exception:  # even the logging of a request's process may be broken
            pass


class Troubles:
    """What went wrong with the files that workers share: logged once each kind, kept until it is reported.

    Whoever notes it may be making a series, so that no series can be asked for here.
    """

    def __init__(self) -> None:
        self._numbers: Counter[str] = Counter()
        self._logged: set[str] = set()

    def note(self, doing: str, error: Exception) -> None:
        """Something has failed while `doing`."""
        self._numbers[doing] += 1
        if doing not in self._logged:
            self._logged.add(doing)
            logger.error(
                "mcp_perf has a fault with the files that workers share, in %r: %s; it measures on with what "
                "it has, and further faults there are only counted",
                doing,
                error,
            )

    def taken(self) -> Counter[str]:
        """How often what has failed since this was asked last."""
        numbers, self._numbers = self._numbers, Counter()
        return numbers


class Outages:
    """What goes wrong with pushing, by `exporter`, the label of `family`: counted, logged once an outage."""

    def __init__(self, family: Family, exporter: str) -> None:
        self._family = family
        self._exporter = exporter
        self._is_out = False

    def failed(self, error: BaseException | None) -> None:
        """One more push has failed; None where all that is known is that nobody took it."""
        try:
            self._family.labels(self._exporter).add(1.0)
            if not self._is_out:
                self._is_out = True
                logger.error(
                    "mcp_perf could not push its metrics (%s): %s; until it can, further faults are counted"
                    " only",
                    self._exporter,
                    "they were not taken" if error is None else repr(error),
                )
        except Exception:  # see `Faults.lost`
            pass

    def recovered(self) -> None:
        """A push has succeeded."""
        if self._is_out:
            self._is_out = False
            logger.warning("mcp_perf pushes its metrics again (%s)", self._exporter)
