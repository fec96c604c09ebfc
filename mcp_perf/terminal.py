"""What commands have in common: how they read numbers, put out documents, and complain."""

from __future__ import annotations

import argparse
import io
import math
import sys
from collections.abc import Callable

from .words import plain


def complain(command: str, sentence: str, status: int = 1) -> int:
    """Tell on standard error what is wrong, in one line that no terminal takes for anything else.

    Gives `status`, for the command to end with.
    """
    print(f"mcp-perf {command}: error: {plain(sentence)}", file=sys.stderr)
    return status


def put(text: str) -> None:
    """Write a document to standard output as it would be in a file: in UTF-8, whatever is usual there."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.stdout.write(text)
    sys.stdout.flush()


def whole(least: int, most: int) -> Callable[[str], int]:
    """What reads a whole number within these bounds."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"must be a whole number from {least} to {most}, not {text!r}")

    return read


def positive(what: str) -> Callable[[str], float]:
    """What reads a positive number of something."""

    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = math.nan
        if 0 < found < math.inf:
            return found
        raise argparse.ArgumentTypeError(f"must be a positive number of {what}, not {text!r}")

    return read
