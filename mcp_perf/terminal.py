"""What commands say to who has called them."""

from __future__ import annotations

import sys

from .words import plain


def complain(command: str, sentence: str) -> None:
    """Tell on standard error what is wrong, in one line that no terminal takes for anything else."""
    print(f"mcp-perf {command}: error: {plain(sentence)}", file=sys.stderr)
