"""The ledger: what all series read last, so that a reading tells what has come since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from ..pace import Pace, unpaced
from ..registry.description import FamilyDescription
from ..registry.distribution import Distributions
from ..registry.observed import observed
from ..registry.snapshot import FamilyReading
from .amounts import Amount, is_like, is_reset, since, without_counts
from .change import Change, FamilyChange, FamilyKey, Labels, key_of


@dataclass(frozen=True)
class _Account:
    """What the series of a family read, and by what mark each is seen to read the same again."""

    description: FamilyDescription
    labels: tuple[Labels, ...]
    marks: Sequence[Any]
    values: Sequence[Amount]


class Ledger:
    """Keeps what all series have read when somebody settled last."""

    def __init__(self) -> None:
        self._accounts: dict[FamilyKey, _Account] = {}

    def compare(self, families: Iterable[FamilyReading], pace: Pace = unpaced) -> Settlement:
        """What has come since; all that they read where nothing was known."""
        change, accounts = Change(), {}
        for reading in families:
            key = key_of(reading.description)
            accounts[key], come = _compared(self._accounts.get(key), reading, pace)
            if come.amounts or come.left:
                change.put(come)
        for key in self._accounts.keys() - accounts.keys():
            gone = self._accounts[key]
            change.put(FamilyChange(gone.description, left=frozenset(gone.labels)))
        return Settlement(change, accounts)

    def settle(self, settlement: Settlement) -> None:
        """Go on from there."""
        self._accounts = settlement.accounts

    def whole(self) -> Change:
        """All that was settled, for somebody else to go on from."""
        change = Change()
        for one in self._accounts.values():
            change.put(FamilyChange(one.description, dict(zip(one.labels, one.values, strict=True))))
        return change

    def resume(self, whole: Change) -> None:
        """Go on from what somebody else has settled."""
        self._accounts = {
            key_of(one.description): _Account(
                one.description, tuple(one.amounts), [nan] * len(one.amounts), list(one.amounts.values())
            )
            for one in whole
        }


@dataclass(frozen=True)
class Settlement:
    """What has come, and the accounts after that."""

    change: Change
    accounts: dict[FamilyKey, _Account]


def _compared(known: _Account | None, reading: FamilyReading, pace: Pace) -> tuple[_Account, FamilyChange]:
    description, marks = reading.description, reading.marks(pace)
    is_alike = known is not None and is_like(known.description, description)
    values: list[Amount] = []
    amounts: dict[Labels, Amount] = {}
    left: set[Labels] = set()
    places = _places(known, reading.labels)
    for place, before in enumerate(places):
        if known is None or before < 0:
            now = amounts[reading.labels[place]] = _value(reading, place)
        elif known.marks[before] == marks[place]:
            now = known.values[before]
        else:
            now, was = _value(reading, place), known.values[before]
            labels = reading.labels[place]
            if is_reset(description.kind, was, now):
                amounts[labels] = now
                left.add(labels)
            else:
                pair = (was, now) if is_alike else (without_counts(was), without_counts(now))
                amount = since(description.kind, *pair)
                if amount is not None:
                    amounts[labels] = amount
        values.append(now)
        pace()
    if known is not None and not isinstance(places, range):
        left.update(set(known.labels).difference(reading.labels))
    return _Account(description, reading.labels, marks, values), FamilyChange(
        description, amounts, frozenset(left)
    )


def _places(known: _Account | None, labels: tuple[Labels, ...]) -> Iterable[int]:
    """Where each of these series was, below 0 for nowhere."""
    if known is None:
        return [-1] * len(labels)
    if known.labels is labels or known.labels == labels:
        return range(len(labels))
    rows = {one: row for row, one in enumerate(known.labels)}
    return [rows.get(one, -1) for one in labels]


def _value(reading: FamilyReading, place: int) -> Amount:
    values = reading.values
    if isinstance(values, Distributions):
        return observed(values[place].run)
    found: Any = values[place]
    return float(found)
