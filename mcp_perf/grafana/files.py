"""Files: what is written, what is replaced, and what is left as it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path


class NotOursError(Exception):
    """There is a file that something else has written; it says so in a sentence."""


def write(
    directory: Path, dashboards: Mapping[str, str], others: Mapping[str, str], is_forced: bool
) -> list[str]:
    """Write files by their paths in a directory; gives a line on each. NotOursError, OSError.

    A dashboard of the same uid is replaced, the `others` are left as they are: they are there to be changed.
    All are replaced if that is forced. Nothing is written where something cannot be replaced.
    """
    if not is_forced:
        for name, text in dashboards.items():
            _check(directory / name, text)
    said = [_written(directory / name, text) for name, text in dashboards.items()]
    for name, text in others.items():
        path = directory / name
        if path.exists() and not is_forced and path.read_text("utf-8", "replace") != text:
            said.append(f"{path} (left as it is)")
        else:
            said.append(_written(path, text))
    return said


def _check(path: Path, text: str) -> None:
    if path.exists() and _uid(path.read_text("utf-8", "replace")) != _uid(text):
        raise NotOursError(f"{path} is not one of these dashboards: --force replaces it")


def _uid(text: str) -> object:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found.get("uid") if isinstance(found, dict) else None


def _written(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    # In one step: Grafana may be reading the directory, of files with this ending.
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(text, "utf-8", newline="\n")
    os.replace(draft, path)
    return str(path)
