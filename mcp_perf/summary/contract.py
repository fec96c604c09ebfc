"""What may be in a summary, as JSON Schema (2020-12)."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

_PACKAGE, _FILE = "mcp_perf", "summary.schema.json"


def schema() -> dict[str, Any]:
    """The schema that every summary keeps to, read anew, so that it is the caller's own."""
    found: dict[str, Any] = json.loads(files(_PACKAGE).joinpath(_FILE).read_text("utf-8"))
    return found
