"""The report: what a range was like, and what differs from another one, as JSON has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ..signals import SIGNALS, Signal
from .comparison import Comparison, Limits, compared
from .conditions import NONE, Verdicts
from .ranges import date
from .reading import QUANTILES, Figures, Reading, Slice


@dataclass(frozen=True)
class Report:
    """One range, or two that are compared; `verdicts` are on conditions, if it `is_judged` by any."""

    now: Reading
    before: Reading | None
    comparisons: Sequence[Comparison]
    verdicts: Verdicts = NONE
    is_judged: bool = False

    @property
    def warnings(self) -> list[str]:
        """Why not all may be in it, in sentences of who was asked."""
        readings = [self.now] if self.before is None else [self.now, self.before]
        return list(dict.fromkeys(warning for one in readings for warning in one.warnings))

    def as_json(self) -> dict[str, Any]:
        """JSON's types throughout: seconds, shares, RFC 3339; see ``report.schema.json``."""
        return {
            "service": self.now.service,
            "range": _range(self.now.whole),
            "compared_to": _range(self.before.whole) if self.before is not None else None,
            "failures": list(self.verdicts.met),
            "undecided": list(self.verdicts.undecided),
            "warnings": self.warnings,
            **{signal.name: self._section(signal) for signal in SIGNALS},
        }

    def _section(self, signal: Signal) -> dict[str, Any]:
        seconds = self.now.whole.seconds
        known = {one.thing: one for one in self.comparisons}
        things = {one: figures for one, figures in self.now.whole.things.items() if one.signal is signal}
        gone = [one.thing for one in self.comparisons if one.thing.signal is signal and one.verdict == "gone"]
        return {
            **_figures(self.now.whole.totals.get(signal, Figures()), seconds),
            "things": [
                {
                    **dict(zip(signal.things, thing.labels, strict=True)),
                    **_figures(figures, seconds),
                    "change": _change(known[thing]) if thing in known else None,
                }
                for thing, figures in sorted(
                    things.items(), key=lambda pair: (-pair[1].events, pair[0].labels)
                )
            ],
            "gone": [dict(zip(signal.things, thing.labels, strict=True)) for thing in gone],
            "slices": [_slice(one, signal) for one in self.now.slices],
        }


def report_of(now: Reading, before: Reading | None, limits: Limits) -> Report:
    """The report of these, with no condition yet."""
    return Report(now, before, compared(before, now, limits) if before is not None else ())


def _range(one: Slice) -> dict[str, Any]:
    return {
        "begin": date(one.range.begin),
        "end": date(one.range.end),
        "seconds": one.range.seconds,
        "known_seconds": one.known,
    }


def _figures(one: Figures, seconds: float) -> dict[str, Any]:
    return {"rate": one.events / seconds, **_counted(one)}


def _counted(one: Figures) -> dict[str, Any]:
    return {
        "events": one.events,
        "errors": one.errors,
        "error_rate": one.error_rate,
        "latency_seconds": {
            **{name: getattr(one, name) for name in ("mean", *QUANTILES)},
            "beyond": sorted(one.beyond),
        },
    }


def _change(one: Comparison) -> dict[str, Any]:
    return {
        "verdict": one.verdict,
        "failing": one.failing,
        "mean": asdict(one.shift) if one.shift is not None else None,
        "before": _counted(one.before) if one.before is not None else None,
    }


def _slice(one: Slice, signal: Signal) -> dict[str, Any]:
    return {
        "end": date(one.range.end),
        **_figures(one.totals.get(signal, Figures()), one.seconds),
    }
