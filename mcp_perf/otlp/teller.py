"""The teller: what one step of an export is, by the one process of a service whose turn it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..history.change import FamilyChange
from ..pace import Pace
from ..registry.description import FamilyDescription
from ..registry.distribution import Distribution
from ..registry.snapshot import Snapshot
from .account import Account, Entry, Pending, nanoseconds
from .conventions import OpenTelemetryNames
from .desk import Desk
from .exemplars import recent
from .message import Messages, Rows
from .naming import Naming, PrometheusNames
from .options import Options
from .points import Interval
from .resource import Resources, new_instance

# How often a batch is sent again as it was, until it becomes a part of a larger one: a receiver that was away
# for long may refuse what is old for ever.
ATTEMPTS = 10


class Teller:
    """Tells by `send`, which gives whether a message was taken, what `take` reads of the service.

    The account is that on `desk`, whose lock is held by who has it do something.
    """

    def __init__(
        self,
        options: Options,
        naming: Naming,
        *,
        service: str,
        desk: Desk,
        take: Callable[[Pace], Snapshot],
        send: Callable[[Any], bool],
    ) -> None:
        self._options = options
        self._resources = Resources(service, options.resource)
        self._desk = desk
        self._take = take
        self._send = send
        self._messages = Messages(naming, is_exponential=options.is_exponential)

    def step(self, pace: Pace) -> bool | None:
        """Tell what there is; whether all of it was taken, None where it is another process's turn.

        Raises OSError where the account cannot be read or written, and whatever `send` raises.
        """
        # Who reads finds its siblings, if it did not know of any yet: so read first, and then see whose turn
        # it is.
        desk = self._desk
        snapshot = None if desk.is_shared() else self._take(pace)
        if not desk.is_mine(pace):
            return None
        account = desk.account
        if account is not None and account.pending is not None:
            if not self._tell_pending(account, account.pending, pace):
                return False
            desk.write(pace)
        snapshot = snapshot if snapshot is not None else self._take(pace)
        if account is None:
            account = desk.account = Account(new_instance(), nanoseconds(snapshot.started_at))
        entry = account.compare(snapshot.families, snapshot.taken_at, pace)
        desk.exemplars = recent(snapshot.families, entry.span)
        if self._options.temporality == "cumulative":
            account.settle(entry)
        else:
            account.pending = entry.pending
            try:
                desk.write(pace)
            except OSError:
                account.pending = None  # whoever went on would tell it again, otherwise
                raise
            if not self._tell_pending(account, account.pending, pace):
                return False
            desk.write(pace)
        is_told = all(map(self._send, self._others(account, entry, snapshot, pace)))
        if self._options.temporality == "cumulative":
            desk.write(pace)  # last, since what all has come to may be told without
        return is_told

    def leave(self, pace: Pace) -> bool:
        """Let another process go on; whether something was counted since, by one that found this at it."""
        account = self._desk.leave()
        if account is None:
            return False
        snapshot = self._take(pace)
        change = account.compare(snapshot.families, snapshot.taken_at, pace).settlement.change
        return any(one.description.section != "monitor" for one in change)

    def _tell_pending(self, account: Account, pending: Pending, pace: Pace) -> bool:
        """Whether the batch is pending no more."""
        families = [one for one in pending.change if self._is_delta(one.description)]
        rows = ((one.description, True, _spanning(one, pending.span)) for one in families)
        pending.attempts += 1
        is_told = False
        try:
            messages = self._messages.of(
                self._resources.of(account.instance), rows, self._desk.exemplars, pace
            )
            for message in messages[pending.taken :]:
                if not self._send(message):
                    return False
                pending.taken += 1
            is_told = True
        finally:
            if not is_told and pending.attempts >= ATTEMPTS:
                account.pending = None  # what it tells will come with all that follows
        account.settle_pending()
        return True

    def _others(self, account: Account, entry: Entry, snapshot: Snapshot, pace: Pace) -> list[Any]:
        """The messages that tell what all has come to, and what gauges read."""

        def families() -> Iterator[tuple[FamilyDescription, bool, Rows]]:
            for one in entry.whole():
                if not self._is_delta(one.description):
                    yield one.description, False, _since_start(one, account, entry.span.end)
            span = Interval(account.since, entry.span.end)
            for reading in snapshot.families:
                if reading.description.kind == "gauge":
                    values = (value for value in reading.values if not isinstance(value, Distribution))
                    rows = zip(reading.labels, values, strict=True)
                    yield reading.description, False, ((labels, value, span) for labels, value in rows)

        return self._messages.of(self._resources.of(account.instance), families(), self._desk.exemplars, pace)

    def _is_delta(self, family: FamilyDescription) -> bool:
        """Whether what has come to a family is told, and not what it has come to.

        Of ``lowmemory`` that are the instruments that are synchronous, which what a reading tells of itself
        is not.
        """
        if family.kind == "gauge" or self._options.temporality == "cumulative":
            return False
        return self._options.temporality == "delta" or family.section != "monitor"


def naming_of(options: Options, namespace: str, db_system: str) -> Naming:
    """How things are called that are exported like this."""
    if options.names == "prometheus":
        return PrometheusNames()
    return OpenTelemetryNames(namespace, db_system=db_system, url_scheme=options.url_scheme)


def _spanning(family: FamilyChange, span: Interval) -> Rows:
    return ((labels, amount, span) for labels, amount in family.amounts.items())


def _since_start(family: FamilyChange, account: Account, end: int) -> Iterable[Any]:
    return (
        (labels, amount, Interval(account.start(family.description, labels), end))
        for labels, amount in family.amounts.items()
    )
