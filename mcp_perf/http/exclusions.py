"""Which paths and routes are not measured."""

from __future__ import annotations

import re


class Exclusions:
    """Entries as given in the setting `exclude`; ``*`` in one stands for any characters."""

    def __init__(self, entries: tuple[str, ...]) -> None:
        self._everything = "*" in entries
        self._exact = frozenset(entry for entry in entries if "*" not in entry)
        patterns = [".*".join(map(re.escape, entry.split("*"))) for entry in entries if "*" in entry]
        self._pattern = re.compile("|".join(patterns), re.DOTALL) if patterns else None

    def __contains__(self, path: object) -> bool:
        if self._everything:
            return True
        if not isinstance(path, str):
            return False
        return path in self._exact or (
            self._pattern is not None and self._pattern.fullmatch(path) is not None
        )


def exclusions(entries: tuple[str, ...]) -> Exclusions | None:
    """The exclusions, or None where there are none, so that the hot path has nothing to ask."""
    return Exclusions(entries) if entries else None
