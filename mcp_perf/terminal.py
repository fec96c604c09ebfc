"""What commands say to who has called them."""

from __future__ import annotations

import sys


def complain(command: str, sentence: str) -> None:
    """Tell on standard error what is wrong, in one line that no terminal takes for anything else."""
    plain = "".join(one if one.isprintable() else "?" for one in sentence)
    print(f"mcp-perf {command}: error: {plain}", file=sys.stderr)
