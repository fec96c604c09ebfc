"""The summary: a snapshot as JSON for people and scripts without Prometheus."""

from .contract import schema
from .options import Options, options_of
from .points import points
from .sections import head, summarise
from .slow import slow_requests
from .writing import columns, text, written

__all__ = [
    "Options",
    "columns",
    "head",
    "options_of",
    "points",
    "schema",
    "slow_requests",
    "summarise",
    "text",
    "written",
]
