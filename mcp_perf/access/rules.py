"""The one engine behind all rules, and its two faces."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Any, NoReturn, Protocol

from ..steps import run, run_async
from .request import Request
from .verdict import ALLOWED, FORBIDDEN, Verdict


class Question(Protocol):
    """What only somebody else's code can answer, which may have to be awaited."""

    def ask(self, request: Request) -> Verdict:
        """The answer, waited for."""

    async def ask_async(self, request: Request) -> Verdict:
        """The answer, awaited."""


VerdictSteps = Generator[Question, Verdict, Verdict]


class Rule(ABC):
    """Decides on requests; `is_async` where that has to await something, `is_open` if it allows all."""

    is_async = False
    is_open = False

    @abstractmethod
    def steps(self, request: Request) -> VerdictSteps:
        """The way to the verdict: yields each question and is sent its answer."""

    def decide(self, request: Request) -> Verdict:
        """The verdict on `request`, from any thread that runs no event loop."""
        return run(self.steps(request), lambda question: question.ask(request))

    async def decide_async(self, request: Request) -> Verdict:
        """The verdict on `request`, from an event loop."""
        return await run_async(self.steps(request), lambda question: question.ask_async(request))

    # Nothing of a rule changes, and a copy in a pickle would carry its secrets away.
    def __copy__(self) -> Rule:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Rule:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("an access rule cannot be pickled, since it holds secrets: make it in each process")


class Plain(Rule):
    """A rule that knows its verdict from the request alone."""

    @abstractmethod
    def verdict(self, request: Request) -> Verdict:
        """The verdict on `request`."""

    def steps(self, request: Request) -> VerdictSteps:
        """No question at all."""
        return self.verdict(request)
        yield


class _Open(Plain):
    is_open = True

    def verdict(self, request: Request) -> Verdict:  # noqa: ARG002 - whoever asks may pass
        return ALLOWED

    def __repr__(self) -> str:
        return "open to all"


OPEN = _Open()


class _Off(Plain):
    def verdict(self, request: Request) -> Verdict:  # noqa: ARG002 - there is nothing to pass to
        return FORBIDDEN

    def __repr__(self) -> str:
        return "not enabled"


OFF = _Off()
