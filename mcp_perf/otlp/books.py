"""Books: where an account is written down, so that it outlives who keeps it.

A book is records one after another (see `history.segments`): a head, what was told, and what is pending. A
new one is written before the old one goes, and one that is not whole does not count.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from ..history.change import Change
from ..history.frames import Frame, Names, decoded, encoded
from ..history.segments import Store, record, records
from ..pace import Pace, unpaced
from .account import Account, Pending, Starts
from .points import Interval

_FORMAT = 1
_NAME = re.compile("account-([0-9]+)-([0-9]+)")  # format, number
# What may be wrong with a record that is as it was written: another version has written it.
_STRANGE = (ValueError, LookupError, TypeError, AttributeError, zlib.error)


class Books:
    """The newest account in `store`, which one process at a time writes."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def read(self, pace: Pace = unpaced) -> Account | None:
        """The account; None where there is none. Raises OSError."""
        for _, name in reversed(self._books()):
            found = [payload for payload, _ in records(self.store.read(name))]
            try:
                return _account(found, pace)
            except _STRANGE:
                continue  # whoever wrote it was cut off: the one before is there still
        return None

    def write(self, account: Account, now: float, pace: Pace = unpaced) -> None:
        """Have that account instead; raises OSError, and then it is the one before."""
        before = self._books()
        # By the time, so that what somebody brings along who was alone is not taken for the newest.
        number = max(round(1000 * now), *[number + 1 for number, _ in before], 1)
        name = f"account-{_FORMAT}-{number}"
        try:
            self.store.append(name, b"".join(_written(account, pace)), 0)
        except BaseException:
            self.store.remove(name)
            raise
        for _, old in before:
            self.store.remove(old)

    def _books(self) -> list[tuple[int, str]]:
        found = ((name, _NAME.fullmatch(name)) for name in self.store.sizes())
        return sorted((int(one[2]), name) for name, one in found if one and int(one[1]) == _FORMAT)


def _written(account: Account, pace: Pace) -> Iterator[bytes]:
    pending = account.pending
    head = {
        "instance": account.instance,
        "since": account.since,
        "ended": account.ended,
        "starts": [
            [*name, *zip(*found.items(), strict=True)] for name, found in account.starts.items() if found
        ],
        "pending": [pending.span.start, pending.span.end, pending.attempts] if pending is not None else None,
    }
    names = Names()
    yield record(json.dumps(head, separators=(",", ":")).encode())
    yield record(encoded(Frame(0.0, 0.0, account.whole(), is_whole=True), names, pace))
    if pending is not None:
        yield record(encoded(Frame(0.0, 0.0, pending.change), names, pace))


def _account(found: list[bytes], pace: Pace) -> Account:
    """The account of these records; raises one of `_STRANGE`."""
    head: dict[str, Any] = json.loads(found[0])
    names = Names()
    base = _change(found[1], names, pace)
    pending = None
    if head["pending"] is not None:
        start, end, attempts = head["pending"]
        pending = Pending(Interval(start, end), _change(found[2], names, pace), attempts)
    starts: Starts = {
        (section, key, tuple(labelnames)): dict(zip(map(tuple, series), when, strict=True))
        for section, key, labelnames, series, when in head["starts"]
    }
    return Account(head["instance"], head["since"], head["ended"], starts, pending, base)


def _change(data: bytes, names: Names, pace: Pace) -> Change:
    return decoded(data, names, lambda _: True, pace).change
