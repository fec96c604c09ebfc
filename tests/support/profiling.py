"""Threads, tasks and requests for somebody to look at."""

from __future__ import annotations

import contextlib
import json
import threading

import jsonschema

from mcp_perf.profiling.looks import Looker
from mcp_perf.profiling.visits import Visits

PATIENCE = 20.0  # seconds until a test gives up what never takes that long

# speedscope's file format (`FileFormat.File` of its src/lib/file-format-spec.ts), as far as a sampled profile
# goes. The original allows names besides, which would let a misspelt one pass, and any number for a place.
SPEEDSCOPE = {
    "type": "object",
    "properties": {
        "$schema": {"const": "https://www.speedscope.app/file-format-schema.json"},
        "name": {"type": "string"},
        "exporter": {"type": "string"},
        "activeProfileIndex": {"type": "integer", "minimum": 0},
        "shared": {
            "type": "object",
            "properties": {"frames": {"type": "array", "items": {"$ref": "#/$defs/frame"}}},
            "required": ["frames"],
            "additionalProperties": False,
        },
        "profiles": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/sampled"}},
    },
    "required": ["$schema", "shared", "profiles"],
    "additionalProperties": False,
    "$defs": {
        "place": {"type": "integer", "minimum": 0},
        "frame": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "file": {"type": "string"},
                "line": {"type": "integer"},
                "col": {"type": "integer"},
            },
            "required": ["name"],
            "additionalProperties": False,
        },
        "sampled": {
            "type": "object",
            "properties": {
                "type": {"const": "sampled"},
                "name": {"type": "string"},
                "unit": {"enum": ["none", "nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"]},
                "startValue": {"type": "number"},
                "endValue": {"type": "number"},
                "samples": {"type": "array", "items": {"type": "array", "items": {"$ref": "#/$defs/place"}}},
                "weights": {"type": "array", "items": {"type": "number", "minimum": 0}},
            },
            "required": ["type", "name", "unit", "startValue", "endValue", "samples", "weights"],
            "additionalProperties": False,
        },
    },
}


def read_speedscope(body):
    """The file, if it is one that speedscope reads: by its schema, and by what its comments say besides."""
    found = json.loads(body)
    jsonschema.Draft202012Validator(SPEEDSCOPE).validate(found)
    frames = len(found["shared"]["frames"])
    for one in found["profiles"]:
        assert len(one["samples"]) == len(one["weights"])
        assert one["startValue"] <= one["endValue"]
        assert all(place < frames for sample in one["samples"] for place in sample)
    assert found.get("activeProfileIndex", 0) < len(found["profiles"])
    return found


def names(frames):
    """The names of functions, outermost first."""
    return [frame.f_code.co_name for frame in reversed(frames)]


def looker(visits=None, **options):
    """One that keeps the names of functions."""
    return Looker(visits or Visits(), names, **options)


def seen_of(found, function):
    """The one among what was seen that is in `function`."""
    (one,) = [seen for seen in found if function in seen.stack]
    return one


@contextlib.contextmanager
def held(work, *arguments, name=None):
    """A thread that runs `work(hold, *arguments)` and is where that calls `hold`."""
    there, go = threading.Event(), threading.Event()

    def hold():
        there.set()
        assert go.wait(PATIENCE)

    thread = threading.Thread(target=work, args=(hold, *arguments), name=name, daemon=True)
    thread.start()
    assert there.wait(PATIENCE)
    try:
        yield thread
    finally:
        go.set()
        thread.join(PATIENCE)
