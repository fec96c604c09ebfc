"""Places in a document: what is there, and the sentence for what is not as it should be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from reprlib import Repr
from typing import Any

from ..errors import wrong
from ..promql.durations import ALLOWED, said, seconds

_MOST = 1e12  # of anything that rules count or compare with
_SUREST = 99.999999  # percent: what is nearer to all of them leaves a budget that nobody can tell from none

_SHORT = Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 80, 80


class Place:
    """The value at `path` of a file; whatever is not allowed is a ValueError that says where, and what is."""

    def __init__(self, file: str, path: str, value: Any) -> None:
        self.value = value
        self._file = file
        self._path = path

    def wrong(self, allowed: str) -> ValueError:
        """The error of a value that is not what is allowed."""
        return wrong(f"{self._file}: {self._path}", _Short(self.value), allowed)

    def get(self, key: str) -> Place | None:
        """What is under a key of the mapping, None where there is nothing."""
        found = self.value.get(key)
        return None if found is None else Place(self._file, self._below(key), found)

    def must(self, key: str) -> Place:
        """What is under a key that has to be there."""
        found = self.get(key)
        if found is None:
            raise ValueError(f"{self._file}: {self._path} must have {key}")
        return found

    def mapping(self, allowed: Iterable[str]) -> Place:
        """Itself, if it is a mapping with none but the allowed keys."""
        keys = tuple(allowed)
        if not isinstance(self.value, dict):
            raise self.wrong(f"a mapping with some of {', '.join(keys)}")
        for key in self.value:
            if key not in keys:
                where = f"{self._file}: {self._path}"
                raise ValueError(f"{where} must have none but {', '.join(keys)}, not {_Short(key)!r}")
        return self

    def items(self) -> Iterator[Place]:
        """The items of what has to be a list."""
        if not isinstance(self.value, list):
            raise self.wrong("a list")
        for number, one in enumerate(self.value):
            yield Place(self._file, f"{self._path}[{number}]", one)

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value:
            raise self.wrong("a text that is not empty, in quotes if it looks like a number")
        return self.value

    def texts(self) -> tuple[str, ...]:
        """One text, or several."""
        if isinstance(self.value, list) and self.value:
            return tuple(dict.fromkeys(one.text() for one in self.items()))
        return (self.text(),)

    def one_of(self, allowed: Iterable[str]) -> str:
        """One of several words."""
        words = tuple(allowed)
        if self.value not in words:
            raise self.wrong(f"one of {', '.join(words)}")
        return str(self.value)

    def number(self, above: float, below: float, allowed: str) -> float:
        """A number between two others."""
        is_number = isinstance(self.value, (int, float)) and not isinstance(self.value, bool)
        # Whole numbers of YAML have no end, and Prometheus's have one.
        if not is_number or not above < self.value < min(below, _MOST):
            raise self.wrong(allowed)
        return float(self.value)

    def percent(self) -> float:
        """A share in percent, which leaves something to fail; not a ratio such as 0.999."""
        allowed = f"a percentage above 1 and up to {_SUREST}, such as 99.9"
        return self.number(1, math.nextafter(_SUREST, math.inf), allowed)

    def share(self) -> float:
        """A share of the whole, which is neither none nor all."""
        return self.number(0, 1, "a share above 0 and below 1, such as 0.05")

    def positive(self) -> float:
        """A number above zero."""
        return self.number(0, math.inf, f"a number above 0 and below {_MOST:g}")

    def whole(self) -> int:
        """A whole number from 0."""
        if isinstance(self.value, bool) or not isinstance(self.value, int) or not 0 <= self.value < _MOST:
            raise self.wrong(f"a whole number from 0 and below {_MOST:g}")
        return self.value

    def duration(self) -> str:
        """A duration, in its greatest unit."""
        try:
            return said(seconds(self.value if isinstance(self.value, str) else ""))
        except ValueError:
            raise self.wrong(ALLOWED) from None

    def _below(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key


class _Short:
    """A value as an error shows it: what somebody wrote may be of any length and depth."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __repr__(self) -> str:
        if isinstance(self._value, int) and abs(self._value) >= _MOST:
            return "a number that great"
        return _SHORT.repr(self._value)
