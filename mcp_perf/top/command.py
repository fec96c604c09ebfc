"""``mcp-perf top``: its options, and the loop that asks and shows."""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext

from ..remote import NoAnswerError
from ..remote import options as remote
from ..terminal import complain, whole
from ..words import plain
from .sources import Source, source_of
from .view import SORTS

SUMMARY = "show what a service does, live: of its metrics app, or of a Prometheus that scrapes it"
_HINT = "mcp-perf top needs rich: pip install 'mcp_perf[top]'"
_LONGEST = 86400  # seconds
_FRAME = 6  # lines of the screen that are no rows


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    remote.arguments(parser)
    add = parser.add_argument
    add(
        "--window",
        type=whole(1, _LONGEST),
        default=60,
        metavar="S",
        help="of the last S seconds (default: 60)",
    )
    add(
        "--interval", type=whole(1, _LONGEST), default=5, metavar="S", help="ask every S seconds (default: 5)"
    )
    add("--sort", choices=SORTS, default="rate", help="what comes first (default: rate)")
    add("--once", action="store_true", help="show it once, and end")


def run(options: argparse.Namespace) -> int:
    """Show it until Ctrl-C; gives the exit status."""
    if importlib.util.find_spec("rich") is None:
        return complain("top", _HINT)
    try:
        source = source_of(remote.client_of(options), remote.expressions_of(options))
        return _once(source, options) if options.once else _live(source, options)
    except (NoAnswerError, ValueError) as error:
        return complain("top", str(error))


def _once(source: Source, options: argparse.Namespace) -> int:
    from rich.console import Console

    from .screen import table_of

    console = Console()
    console.print(table_of(source.view(options.window), options.sort, sys.maxsize, console.width))
    return 0


def _live(source: Source, options: argparse.Namespace, sleep: Callable[[float], None] = time.sleep) -> int:
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    from .screen import table_of

    console = Console()
    is_live = console.is_terminal and not console.is_dumb_terminal
    with Live(console=console, screen=True, auto_refresh=False) if is_live else nullcontext() as live:
        while True:
            shown: Table | Text
            try:
                rows = max(console.height - _FRAME, 1) if is_live else sys.maxsize
                shown = table_of(source.view(options.window), options.sort, rows, console.width)
            except NoAnswerError as error:  # it may come back
                shown = Text(plain(f"{error}; asking again every {options.interval} s"))
            if live is not None:
                live.update(shown, refresh=True)
            else:
                console.print(shown)
            sleep(options.interval)
