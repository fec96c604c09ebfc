"""RED: rate, errors and duration of one signal, as panels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..signals import Signal
from . import panels, queries
from .design import RANGE, RATE, Design
from .links import Link
from .panels import Panel, chart, figure, heat_map
from .queries import Query
from .table import Column, table

QUANTILES = (0.5, 0.9, 0.95, 0.99)


class Red:
    """Panels of a signal, of those of its events that the matchers choose; `noun` is what the events are."""

    def __init__(self, design: Design, signal: Signal, noun: str, unit: str, matchers: Sequence[str]) -> None:
        self._ask = design.ask
        self._signal = signal
        self._noun = noun
        self._unit = unit
        self._matchers = tuple(matchers)
        # A signal of which it is not known what is slow has no colours.
        self.slow: panels.Thresholds = ()
        if signal.counted_as == "requests":
            self.slow = ((design.within, "yellow"), (4 * design.within, "red"))

    def figures(self) -> list[Panel]:
        """Rate, share of failures, median and 95th percentile of now."""
        noun = self._noun
        rate = self._ask.rate(self._signal, RATE, (), *self._matchers)
        return [
            figure("Rate", f"{noun.capitalize()} that end in a second.", rate, self._unit, low="blue"),
            figure(
                "Errors",
                f"Share of {noun} that fail ({self._failing}).",
                self._ask.failure_ratio(self._signal, RATE, (), *self._matchers),
                panels.SHARE,
                panels.ERRORS,
            ),
            *(
                figure(
                    f"p{100 * share:.0f}",
                    f"{share:.0%} of {noun} take at most this long.",
                    self._quantile(share, RATE),
                    panels.SECONDS,
                    self.slow,
                )
                for share in (0.5, 0.95)
            ),
        ]

    def by_outcome(self) -> Panel:
        """How they end, in a second."""
        outcome = self._signal.outcome
        return self._rate(f"By {outcome}", f"{self._noun.capitalize()} a second by {outcome}.", (outcome,))

    def rate_by(self, labels: Iterable[str]) -> Panel:
        """Events a second by labels."""
        by = tuple(labels)
        words = " and ".join(by)
        return self._rate(f"By {words}", f"{self._noun.capitalize()} a second by {words}.", by)

    def errors_by(self, labels: Iterable[str]) -> Panel:
        """The share of failures by labels."""
        by = tuple(labels)
        words = " and ".join(by)
        return chart(
            f"Errors by {words}",
            f"Share of {self._noun} that fail ({self._failing}), by {words}.",
            [queries.by(by, self._ask.failure_ratio(self._signal, RATE, by, *self._matchers))],
            panels.SHARE,
            thresholds=panels.ERRORS,
        )

    def quantiles(self) -> Panel:
        """Quantiles and mean of the durations; exemplars lead to traces."""
        mean = self._ask.mean_of(self._signal.duration, RATE, (), *self._matchers)
        return chart(
            "Duration",
            f"Quantiles and mean of the duration of {self._noun}; points are exemplars.",
            [
                *(Query(self._quantile(share, RATE), f"p{100 * share:.0f}") for share in QUANTILES),
                Query(mean, "mean"),
            ],
            panels.SECONDS,
            has_exemplars=True,
        )

    def quantile_by(self, share: float, labels: Iterable[str]) -> Panel:
        """One quantile by labels."""
        by = tuple(labels)
        words = " and ".join(by)
        return chart(
            f"p{100 * share:.0f} by {words}",
            f"{share:.0%} of {self._noun} take at most this long, by {words}.",
            [queries.by(by, self._quantile(share, RATE, by))],
            panels.SECONDS,
            has_exemplars=True,
        )

    def heat_map(self) -> Panel:
        """How the durations spread."""
        return heat_map(
            "Durations",
            f"How many {self._noun} a second took how long: two bands are two kinds of them.",
            self._ask.buckets_of(self._signal.duration, RATE, *self._matchers),
            panels.SECONDS,
        )

    def busy_by(self, labels: Iterable[str]) -> Panel:
        """Where the time goes, by labels."""
        by = tuple(labels)
        busy = self._ask.amount_of(self._signal.duration, RATE, by, *self._matchers)
        return chart(
            f"Time spent by {' and '.join(by)}",
            f"Seconds that {self._noun} take in a second, added up: how many run at a time.",
            [queries.by(by, busy)],
            panels.NUMBER,
            is_stacked=True,
        )

    def table(self, title: str, labels: Iterable[str], links: Iterable[tuple[str, Link]] = ()) -> Panel:
        """All by labels, over the time that is shown."""
        by = tuple(labels)
        errors = self._ask.failure_ratio(self._signal, RANGE, by, *self._matchers)
        columns = [
            Column("Rate", self._ask.rate(self._signal, RANGE, by, *self._matchers), self._unit),
            Column("Errors", errors, panels.SHARE, panels.ERRORS),
            *(
                Column(f"p{100 * share:.0f}", self._quantile(share, RANGE, by), panels.SECONDS, self.slow)
                for share in (0.5, 0.95, 0.99)
            ),
            Column(
                "Time spent",
                self._ask.amount_of(self._signal.duration, RANGE, by, *self._matchers),
                panels.NUMBER,
            ),
        ]
        description = f"All {self._noun} of the time that is shown; a click on a heading sorts."
        return table(title, description, columns, links)

    @property
    def _failing(self) -> str:
        return f"{self._signal.outcome} {self._signal.failure.replace('.', 'x')}"

    def _quantile(self, share: float, window: str, by: Iterable[str] = ()) -> str:
        return self._ask.quantile(share, self._signal, window, by, *self._matchers)

    def _rate(self, title: str, description: str, by: tuple[str, ...]) -> Panel:
        expression = self._ask.rate(self._signal, RATE, by, *self._matchers)
        return chart(title, description, [queries.by(by, expression)], self._unit, is_stacked=True)
