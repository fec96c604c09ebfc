"""``mcp-perf top``: its options, and the loop that asks and shows."""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext

from .client import Client, NoAnswerError
from .sources import Source, source_of
from .view import SORTS

SUMMARY = "show what a service does, live: of its metrics app, or of a Prometheus that scrapes it"
_HINT = "mcp-perf top needs rich: pip install 'mcp_perf[top]'"
_TOKEN, _USER = "MCP_PERF_TOKEN", "MCP_PERF_USER"
_FRAME = 6  # lines of the screen that are no rows


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add("url", metavar="URL", help="of the service, of its metrics app, or of a Prometheus")
    add("--window", type=_whole, default=60, metavar="S", help="of the last S seconds (default: 60)")
    add("--interval", type=_whole, default=5, metavar="S", help="ask every S seconds (default: 5)")
    add("--sort", choices=SORTS, default="rate", help="what comes first (default: rate)")
    add("--once", action="store_true", help="show it once, and end")
    add("--token", default=os.environ.get(_TOKEN, ""), help=f"a bearer token (default: {_TOKEN})")
    add("--user", default=os.environ.get(_USER, ""), metavar="NAME:PASSWORD", help=f"(default: {_USER})")
    add("--namespace", default="mcp", help="of a Prometheus: the metrics' first word (default: mcp)")
    add("--select", default="", metavar="LABELS", help="of a Prometheus: which, such as 'job=\"shop\"'")


def run(options: argparse.Namespace) -> int:
    """Show it until Ctrl-C; gives the exit status."""
    if importlib.util.find_spec("rich") is None:
        return _complain(_HINT)
    try:
        client = Client(options.url, options.token, options.user)
        source = source_of(client, options.namespace, options.select)
        return _once(source, options) if options.once else _live(source, options)
    except (NoAnswerError, ValueError) as error:
        return _complain(str(error))


def _once(source: Source, options: argparse.Namespace) -> int:
    from rich.console import Console

    from .screen import table_of

    Console().print(table_of(source.view(options.window), options.sort, sys.maxsize))
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
                shown = table_of(source.view(options.window), options.sort, rows)
            except NoAnswerError as error:  # it may come back
                shown = Text(f"{error}; asking again every {options.interval} s")
            if live is not None:
                live.update(shown, refresh=True)
            else:
                console.print(shown)
            sleep(options.interval)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of seconds from 1, not {text!r}")
    return int(text)


def _complain(sentence: str) -> int:
    plain = "".join(one if one.isprintable() else "?" for one in sentence)
    print(f"mcp-perf top: error: {plain}", file=sys.stderr)
    return 1
