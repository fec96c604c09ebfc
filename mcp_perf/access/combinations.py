"""Rules made of rules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from ..kinds import Kind, kind_of
from .callables import Callback
from .request import Request
from .rules import Rule, VerdictSteps
from .verdict import ALLOWED, FORBIDDEN, Verdict, joined

AnyRule = Rule | Callable[[Any], Any]


class _Combination(Rule):
    name = ""

    def __init__(self, rules: tuple[AnyRule, ...]) -> None:
        if not rules:
            raise ValueError(f"{self.name} must be given rules or callables, at least one")
        self._rules = tuple(rule_of(self.name, rule) for rule in rules)
        self.is_async = any(rule.is_async for rule in self._rules)

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(map(repr, self._rules))})"


class AnyOf(_Combination):
    """Allows what one of its rules allows; those after it are not asked any more."""

    name = "any_of"

    def __init__(self, rules: tuple[AnyRule, ...]) -> None:
        super().__init__(rules)
        self.is_open = any(rule.is_open for rule in self._rules)

    def steps(self, request: Request) -> VerdictSteps:
        """Each rule's, until one allows."""
        refused: list[Verdict] = []
        for rule in self._rules:
            verdict = yield from rule.steps(request)
            if verdict.allowed:
                return ALLOWED
            refused.append(verdict)
        return joined(refused)


class AllOf(_Combination):
    """Allows what all its rules allow.

    A 401 does not end it, since a later rule may know that no credentials can help: so somebody outside of
    a network is not told which token is right.
    """

    name = "all_of"

    def __init__(self, rules: tuple[AnyRule, ...]) -> None:
        super().__init__(rules)
        self.is_open = all(rule.is_open for rule in self._rules)

    def steps(self, request: Request) -> VerdictSteps:
        """Each rule's, until one forbids."""
        refused: list[Verdict] = []
        for rule in self._rules:
            verdict = yield from rule.steps(request)
            if not verdict.allowed:
                refused.append(verdict)
                if verdict.status != 401:
                    return FORBIDDEN
        return joined(refused) if refused else ALLOWED


def any_of(*rules: AnyRule) -> Rule:
    """A rule that allows what any of `rules` allows."""
    return AnyOf(rules)


def all_of(*rules: AnyRule) -> Rule:
    """A rule that allows what all of `rules` allow."""
    return AllOf(rules)


def rule_of(setting: str, value: object) -> Rule:
    """The rule that `value` is or makes; ValueError, without the value, where it is none."""
    if isinstance(value, Rule):
        return value
    if not callable(value) or isinstance(value, type) or not _takes_one(value):
        raise ValueError(
            f"{setting} must be a rule such as bearer(...), or a callable that takes the request and says "
            f"True or False, not something of type {type(value).__name__}"
        )
    if inspect.isfunction(value) and (value.__module__ or "").startswith(f"{__package__}."):
        raise ValueError(f"{setting} must be a rule such as bearer(...), not the function that makes one")
    return Callback(value)


def _takes_one(function: Callable[..., Any]) -> bool:
    if kind_of(function) in (Kind.GENERATOR, Kind.ASYNC_GENERATOR):
        return False
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        return False
    except ValueError:  # a built-in that does not tell
        pass
    return True
