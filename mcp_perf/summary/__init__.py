"""The summary: a snapshot as JSON for people and scripts without Prometheus."""

from .contract import schema
from .options import Options, options_of
from .sections import summarise
from .writing import text, written

__all__ = ["Options", "options_of", "schema", "summarise", "text", "written"]
