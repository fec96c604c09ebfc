"""Company: who goes along with a recorder's calls, from when they begin to when they have ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..registry.series import Series
from ..timing import Outcome, outcome

if TYPE_CHECKING:
    from .recorders import Recorder

# What a recorder has given for a call that has begun.
Token = Any


class Ending(NamedTuple):
    """How a call has ended: by what error, if any, after how many seconds, and when, by the same clock."""

    how: Outcome
    error: BaseException | None
    elapsed: float
    at: float


class Companion(Protocol):
    """Goes along with one call. Nothing here raises."""

    def enter(self) -> Any:
        """The call is about to run in this context; gives what `leave` takes."""

    def leave(self, entered: Any) -> None:
        """It has stopped, perhaps until its generator is asked for more, or in another context."""

    def ended(self, ending: Ending, series: Series | None) -> None:
        """It has ended and is counted; `series` has been told its duration, None where it is not timed."""


# What gives a call that is about to begin its companion, None where nobody goes along. Does not raise.
Join = Callable[[], Companion | None]


class _Call:
    __slots__ = ("companion", "entered", "token")

    def __init__(self, companion: Companion | None, entered: Any) -> None:
        self.companion = companion
        self.entered = entered
        self.token: Token = None

    def leave(self) -> None:
        """Out of the context of the call, if it is in there."""
        if self.companion is not None and self.entered is not None:
            self.companion.leave(self.entered)
            self.entered = None


class _Step:
    __slots__ = ("alone", "companion", "entered")

    def __init__(self, companion: Companion | None, entered: Any, alone: Any) -> None:
        self.companion = companion
        self.entered = entered
        self.alone = alone


class Accompanied:
    """The moves of a recorder, `alone`, in company; what has begun alone ends alone.

    The company comes first and goes last, so that a call's time is its own. `begin` of the recorder may
    change, and is told by `alone_begin`.
    """

    def __init__(self, alone: Recorder, join: Join) -> None:
        self.alone_begin = alone.begin
        self._now = alone.clock
        self._started = alone.started
        self._series = alone.series
        self._succeeded = alone.succeeded
        self._failed = alone.failed
        self._detach = alone.detach
        self._resume = alone.resume
        self._suspend = alone.suspend
        self._join = join

    def begin(self) -> Token:
        """As `Recorder.begin`."""
        companion = self._join()
        call = _Call(companion, None if companion is None else companion.enter())
        begin = self.alone_begin
        call.token = begin()
        return call

    def succeeded(self, token: Token) -> None:
        """As `Recorder.succeeded`."""
        if type(token) is not _Call:
            self._succeeded(token)
            return
        ending = self._ending(token, "success", None)
        self._ended(token, ending, self._succeeded(token.token))

    def failed(self, token: Token, error: BaseException) -> None:
        """As `Recorder.failed`."""
        if type(token) is not _Call:
            self._failed(token, error)
            return
        ending = self._ending(token, outcome(error), error)
        self._ended(token, ending, self._failed(token.token, error))

    def _ending(self, call: _Call, how: Outcome, error: BaseException | None) -> Ending:
        now = self._now()
        return Ending(how, error, now - self._started(call.token), now)

    def _ended(self, call: _Call, ending: Ending, is_untimed: bool | None) -> None:
        call.leave()
        if call.companion is not None:
            call.companion.ended(ending, None if is_untimed else self._series(ending.how))

    def detach(self, token: Token) -> Token:
        """As `Recorder.detach`."""
        if type(token) is not _Call:
            return self._detach(token)
        token.token = self._detach(token.token)
        token.leave()
        return token

    def resume(self, token: Token) -> Any:
        """As `Recorder.resume`."""
        if type(token) is not _Call:
            return self._resume(token)
        companion = token.companion
        entered = None if companion is None else companion.enter()
        return _Step(companion, entered, self._resume(token.token))

    def suspend(self, step: Any) -> None:
        """As `Recorder.suspend`, for what `resume` has given here or alone."""
        if type(step) is not _Step:
            self._suspend(step)
            return
        self._suspend(step.alone)
        if step.companion is not None:
            step.companion.leave(step.entered)
