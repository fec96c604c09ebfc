"""Recorders: what is written when a timed call begins and ends.

A recorder gives a token when a call begins and takes it back, once, when the call has ended. None of its
methods raises.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

from ..registry.family import Family
from ..registry.series import Sampling, Series, Write, written_by
from ..timing import Clock, Outcome, outcome
from .company import Accompanied, Join, Token

_PERIOD = 1.0  # seconds between two looks for company

LabelValues = Callable[[str], tuple[str, ...]]


class Writers(dict[str, Write]):
    """By outcome, what writes down a call; found when an outcome occurs first or was forgotten."""

    __slots__ = ("__weakref__", "_family", "_label_values", "_sampling")
    __hash__ = object.__hash__  # type: ignore[assignment]

    def __init__(self, family: Family, label_values: LabelValues, sampling: Sampling) -> None:
        super().__init__()
        self._family = family
        self._label_values = label_values
        self._sampling = sampling
        family.follow(self)

    def __missing__(self, outcome: str) -> Write:
        series = self._family.labels(*self._label_values(outcome))
        write = self[outcome] = series.writer(self._sampling)
        if series.is_retired:  # just now: whoever forgets has passed here already
            self.pop(outcome, None)
        return write

    def forget(self) -> None:
        """Find what writes again at the next call."""
        self.clear()

    forked = forget


def _nothing() -> None:
    pass


class Recorder:
    """The recorder that records nothing; the base of all."""

    # True where a generator's steps are to be bracketed by `resume` and `suspend`, after one `detach`.
    resumes = False

    def __init__(self, clock: Clock) -> None:
        self.clock = clock.monotonic
        # An attribute, since the clock itself costs less than a method that calls it.
        self.begin: Callable[[], Token] = self.clock
        self._company: Accompanied | None = None
        self._due = inf
        self._look: Callable[[], object] = _nothing

    def begins_with(self, begin: Callable[[], Token]) -> None:
        """A call begins with this from now on."""
        if self._company is None:
            self.begin = begin
        else:
            self._company.alone_begin = begin

    def accompany(self, join: Join) -> None:
        """Whoever joins goes along with every call that begins from now on."""
        self._due = inf
        if self._company is not None:
            return
        self._company = company = Accompanied(self, join)
        # Last the way in: what is inside takes whoever has come in before.
        for move in ("succeeded", "failed", "detach", "resume", "suspend"):
            setattr(self, move, getattr(company, move))
        self.resumes = True
        self.begin = company.begin

    def watch(self, look: Callable[[], object]) -> None:
        """Call `look` now and then, while there are calls, until there is company."""
        self._look = look
        self._due = -inf

    def _look_again(self, now: float) -> None:
        self._due = now + _PERIOD
        self._look()

    def succeeded(self, token: Token) -> bool | None:
        """The call has returned; True where it is not timed."""

    def failed(self, token: Token, error: BaseException) -> bool | None:
        """The call was ended by `error`; True where it is not timed."""

    def started(self, token: Token) -> float:
        """When a call has begun, by `clock`."""
        return token  # type: ignore[no-any-return]

    def series(self, how: Outcome) -> Series | None:
        """Where calls with that outcome are written; None where they are not."""

    def detach(self, token: Token) -> Token:
        """What has begun with `token` is a generator, which runs step by step; gives its further token."""
        return token

    def resume(self, token: Token) -> Any:
        """The generator that began with `token` is about to run on; gives what `suspend` takes."""

    def suspend(self, step: Any) -> None:
        """The generator has yielded or ended, after the `resume` that gave `step`."""


class OutcomeRecorder(Recorder):
    """Counts and times calls by outcome.

    `label_values` gives the label values in `family` of an outcome.
    """

    def __init__(self, family: Family, label_values: LabelValues, sampling: Sampling, clock: Clock) -> None:
        super().__init__(clock)
        self._writers = Writers(family, label_values, sampling)

    def succeeded(self, token: Token) -> bool | None:
        """Count and time a success."""
        clock = self.clock  # CPython 3.11 is slow to call what an attribute holds that is no method
        elapsed = clock() - token
        if token > self._due:
            self._look_again(token)
        write = self._writers["success"]
        return write(elapsed)

    def failed(self, token: Token, error: BaseException) -> bool | None:
        """Count and time an error or a cancellation."""
        elapsed = self.clock() - token
        if token > self._due:
            self._look_again(token)
        return self._writers[outcome(error)](elapsed)

    def series(self, how: Outcome) -> Series | None:
        """See `Recorder.series`."""
        return written_by(self._writers[how])
