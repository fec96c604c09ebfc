"""Recorders: what is written when a timed call begins and ends.

A recorder gives a token when a call begins and takes it back, once, when the call has ended. None of its
methods raises.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..registry.family import Sampling, Series
from ..timing import Clock, outcome

Token = Any


class Recorder:
    """The recorder that records nothing; the base of all."""

    # True where a generator's steps are to be bracketed by `resume` and `suspend`, after one `detach`.
    resumes = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock.monotonic
        # An attribute, since the clock itself costs less than a method that calls it.
        self.begin: Callable[[], Token] = self._clock

    def succeeded(self, token: Token) -> None:
        """The call has returned."""

    def failed(self, token: Token, error: BaseException) -> None:
        """The call was ended by `error`."""

    def detach(self, token: Token) -> Token:
        """What has begun with `token` is a generator, which runs step by step; gives its further token."""
        return token

    def resume(self, token: Token) -> Any:
        """The generator that began with `token` is about to run on; gives what `suspend` takes."""

    def suspend(self, step: Any) -> None:
        """The generator has yielded or ended, after the `resume` that gave `step`."""


class OutcomeRecorder(Recorder):
    """Counts and times calls by outcome.

    `series_of` gives the series of an outcome; it is asked when that outcome first occurs.
    """

    def __init__(self, series_of: Callable[[str], Series], sampling: Sampling, clock: Clock) -> None:
        super().__init__(clock)
        self._series_of = series_of
        self._sampling = sampling
        self._write: dict[str, Callable[[float], None]] = {}

    def succeeded(self, token: Token) -> None:
        """Count and time a success."""
        clock = self._clock  # CPython 3.11 is slow to call what an attribute holds that is no method
        elapsed = clock() - token
        try:
            write = self._write["success"]
        except KeyError:
            write = self._resolve("success")
        write(elapsed)

    def failed(self, token: Token, error: BaseException) -> None:
        """Count and time an error or a cancellation."""
        elapsed = self._clock() - token
        status = outcome(error)
        write = self._write.get(status) or self._resolve(status)
        write(elapsed)

    def _resolve(self, status: str) -> Callable[[float], None]:
        write = self._write[status] = self._series_of(status).writer(self._sampling)
        return write
