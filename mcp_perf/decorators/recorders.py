"""Recorders: what is written when a timed call begins and ends.

A recorder gives a token when a call begins and takes it back, once, when the call has ended. None of its
methods raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..registry.family import Series
from ..timing import Clock, outcome

Token = Any


class Recorder:
    """The recorder that records nothing; the base of all."""

    # True where a generator's steps are to be bracketed by `resume` and `suspend`.
    resumes = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock.monotonic
        # An attribute, since the clock itself costs less than a method that calls it.
        self.begin: Callable[[], Token] = self._clock

    def succeeded(self, token: Token) -> None:
        """The call has returned."""

    def failed(self, token: Token, error: BaseException) -> None:
        """The call was ended by `error`."""

    def resume(self, token: Token) -> None:
        """The generator that began with `token` is about to run on."""

    def suspend(self, token: Token) -> None:
        """The generator that began with `token` has yielded or ended."""


class OutcomeRecorder(Recorder):
    """Counts and times calls by outcome.

    `series_of` gives the series of an outcome; it is asked when that outcome first occurs.
    """

    def __init__(self, series_of: Callable[[str], Series], clock: Clock) -> None:
        super().__init__(clock)
        self._series_of = series_of
        self._observe: dict[str, Callable[[float], None]] = {}

    def succeeded(self, token: Token) -> None:
        """Count and time a success."""
        elapsed = self._clock() - token
        try:
            observe = self._observe["success"]
        except KeyError:
            observe = self._resolve("success")
        observe(elapsed)

    def failed(self, token: Token, error: BaseException) -> None:
        """Count and time an error or a cancellation."""
        elapsed = self._clock() - token
        status = outcome(error)
        observe = self._observe.get(status) or self._resolve(status)
        observe(elapsed)

    def _resolve(self, status: str) -> Callable[[float], None]:
        observe = self._observe[status] = self._series_of(status).observe
        return observe


class SampledRecorder(OutcomeRecorder):
    """Counts all calls, times the share `rate` of them."""

    def __init__(self, series_of: Callable[[str], Series], clock: Clock, rate: float) -> None:
        super().__init__(series_of, clock)
        self._rate = rate
        self._chance = clock.chance
        self._skip: dict[str, Callable[[float], None]] = {}
        self.begin = self._sampled

    def succeeded(self, token: Token) -> None:
        """Count a success, and time it if it was chosen."""
        if token is None:
            self._count("success")
        else:
            super().succeeded(token)

    def failed(self, token: Token, error: BaseException) -> None:
        """Count an error or a cancellation, and time it if it was chosen."""
        if token is None:
            self._count(outcome(error))
        else:
            super().failed(token, error)

    def _sampled(self) -> Token:
        return self._clock() if self._chance() < self._rate else None

    def _count(self, status: str) -> None:
        skip = self._skip.get(status)
        if skip is None:
            skip = self._skip[status] = self._series_of(status).skip
        skip(1.0)


def recorder(series_of: Callable[[str], Series], clock: Clock, rate: float) -> OutcomeRecorder:
    """The recorder for that share of timed calls."""
    return OutcomeRecorder(series_of, clock) if rate >= 1 else SampledRecorder(series_of, clock, rate)
