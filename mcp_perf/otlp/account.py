"""Accounts: what has been told already, so that whoever tells next leaves nothing out and repeats nothing.

Of delta temporality a batch is *pending* from before it is sent until it is acknowledged. Nobody knows
whether one has come that was not acknowledged, since its sender or its receiver may have died in the midst:
so it is sent again as it was, with the same times, by which a receiver can tell that it has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from ..history.change import Change, FamilyChange, Labels
from ..history.ledger import Ledger, Settlement
from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription
from ..registry.snapshot import FamilyReading
from .points import Interval

_SECOND = 1_000_000_000

FamilyName: TypeAlias = tuple[str, str, Labels]
# When series began to count that did so later than the service, in nanoseconds since the epoch.
Starts: TypeAlias = dict[FamilyName, dict[Labels, int]]


def name_of(family: FamilyDescription) -> FamilyName:
    """What tells a family from others, whatever is read of it."""
    return family.section, family.key, family.labelnames


def nanoseconds(seconds: float) -> int:
    """Seconds since the epoch in OTLP's unit."""
    return round(seconds * _SECOND)


@dataclass
class Pending:
    """A batch of what has come in `span`; `attempts` is how often it was sent in vain.

    What only the process knows that has begun it: `entry` is what it read for it, and `taken` how many of its
    messages were.
    """

    span: Interval
    change: Change
    attempts: int = 0
    entry: Entry | None = None
    taken: int = 0


@dataclass
class Account:
    """That of one service `instance`, which has counted from `since` on, in nanoseconds since the epoch.

    `ended` is when what was told last was read, None as long as nothing was. `base` is what the series read
    then.
    """

    instance: str
    since: int
    ended: int | None = None
    starts: Starts = field(default_factory=dict)
    pending: Pending | None = None
    base: Change = field(default_factory=Change)

    def __post_init__(self) -> None:
        self._ledger = Ledger()
        self._ledger.resume(self.base)

    def compare(self, families: Sequence[FamilyReading], taken_at: float, pace: Pace = unpaced) -> Entry:
        """What is to be told of the counters and timed records among `families`, which were read then."""
        counting = [one for one in families if one.description.kind != "gauge"]
        settlement = self._ledger.compare(counting, pace)
        begun = self.ended if self.ended is not None else self.since
        # Where the clock was set back, time stands still.
        span = Interval(begun, max(nanoseconds(taken_at), begun + 1))
        return Entry(span, settlement, self._starts(counting, settlement.change, begun, pace))

    def settle(self, entry: Entry) -> None:
        """That was told: go on from there."""
        self._ledger.settle(entry.settlement)
        self._go_on(entry.span.end, entry.starts)

    def settle_pending(self) -> None:
        """The pending batch was acknowledged, which somebody else may have begun."""
        pending, self.pending = self.pending, None
        if pending is not None and pending.entry is not None:
            self.settle(pending.entry)
        elif pending is not None:
            base = self._ledger.whole()
            starts = self._starts_after(base, pending)
            base.follow(pending.change)
            self._ledger.resume(base)
            self._go_on(pending.span.end, starts)

    def whole(self) -> Change:
        """What all series have read when they were told last."""
        return self._ledger.whole()

    def start(self, family: FamilyDescription, labels: Labels) -> int:
        """When a series began to count."""
        return self.starts.get(name_of(family), {}).get(labels, self.since)

    def _go_on(self, ended: int, starts: Starts) -> None:
        self.ended, self.starts = ended, starts

    def _starts(self, families: Sequence[FamilyReading], change: Change, begun: int, pace: Pace) -> Starts:
        left = {name_of(one.description): one.left for one in change}
        known = (
            {name_of(one.description): one for one in self._ledger.whole()}
            if self.ended is not None
            else None
        )
        found: Starts = {}
        for reading in families:
            name = name_of(reading.description)
            before = known.get(name) if known is not None else None
            old = before.amounts.keys() - left.get(name, frozenset()) if before is not None else set()
            starts = self.starts.get(name, {})
            now = {one: starts[one] for one in reading.labels if one in old and one in starts}
            if known is not None:
                now.update((one, begun) for one in reading.labels if one not in old)
            if now:
                found[name] = now
            pace()
        return found

    def _starts_after(self, base: Change, pending: Pending) -> Starts:
        """The starts once `pending` has been told."""
        found = {name: dict(starts) for name, starts in self.starts.items()}
        known = {name_of(one.description): one.amounts for one in base}
        for family in pending.change:
            name = name_of(family.description)
            starts = found.setdefault(name, {})
            for labels in family.left:
                starts.pop(labels, None)
            for labels in family.amounts:
                is_new = labels not in known.get(name, {}) or labels in family.left
                if is_new and self.ended is not None:
                    starts[labels] = pending.span.start
        return found


@dataclass(frozen=True)
class Entry:
    """What is to be told of a reading: what has come in `span`, and when all series that were read began."""

    span: Interval
    settlement: Settlement
    starts: Starts

    @property
    def pending(self) -> Pending:
        """It as a batch that is to be sent."""
        return Pending(self.span, self.settlement.change, entry=self)

    def whole(self) -> Iterator[FamilyChange]:
        """What all series read that were read."""
        ledger = Ledger()
        ledger.settle(self.settlement)
        return iter(ledger.whole())
