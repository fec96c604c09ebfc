"""What may be in a summary, as JSON Schema (2020-12)."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, Literal

_PACKAGE = "mcp_perf"


def schema(of: Literal["summary", "points"] = "summary") -> dict[str, Any]:
    """The schema that every summary keeps to, or `points`: read anew, so that it is the caller's own."""
    found: dict[str, Any] = json.loads(files(_PACKAGE).joinpath(f"{of}.schema.json").read_text("utf-8"))
    return found
