"""speedscope's file format: https://www.speedscope.app/file-format-schema.json."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ...pace import Pace
from ..profile import Frame, Profile, Stack

CONTENT_TYPE = "application/json"
_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


def speedscope(profile: Profile, pace: Pace) -> Iterator[bytes]:
    """The file of a profile: one "sampled" profile, each of whose samples is a stack with its seconds.

    They are in no order of time: all that was seen at one stack is together, that with most time first.
    """
    told = " | ".join(profile.told())
    numbers: dict[Frame, int] = {}
    samples, weights = [], []
    for stack, seconds in sorted(profile.stacks.items(), key=lambda one: -one[1]):
        samples.append(_encode(_numbered(stack, numbers)))
        weights.append(round(seconds, 6))
        pace()
    head = {"$schema": _SCHEMA, "name": told, "exporter": "mcp_perf", "activeProfileIndex": 0}
    yield f"{_encode(head)[:-1]},".encode()
    yield f'"shared":{{"frames":[{",".join(_encode(_frame(one)) for one in numbers)}]}},'.encode()
    pace()
    what: dict[str, Any] = {
        "type": "sampled",
        "name": told,
        "unit": "seconds",
        "startValue": 0,
        "endValue": round(sum(weights), 6),
        "weights": weights,
    }
    yield f'"profiles":[{_encode(what)[:-1]},"samples":[{",".join(samples)}]}}]}}\n'.encode()


def _numbered(stack: Stack, numbers: dict[Frame, int]) -> list[int]:
    return [numbers.setdefault(frame, len(numbers)) for frame in stack]


def _frame(frame: Frame) -> dict[str, Any]:
    if not frame.file:
        return {"name": frame.name}
    return {"name": frame.name, "file": frame.file, "line": frame.line}
