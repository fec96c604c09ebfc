"""``mcp-perf demo``: its options, and what goes wrong before the shop opens."""

from __future__ import annotations

import argparse
import errno
import math
import sys

from mcp_perf import configure

from .stopping import Stopping

SUMMARY = "open a small shop with customers of its own, and watch what is measured of it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--port",
        type=_port,
        default=8000,
        metavar="N",
        help="where the shop is served on 127.0.0.1; 0 takes a free port (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds", type=_seconds, metavar="S", help="stop after S seconds (default: on Ctrl-C)"
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo until a signal or the end of its time; gives the exit status."""
    with Stopping() as stopping:
        try:
            monitor = configure(service="shop demo", enabled=True)
        except ValueError as error:
            return _complain(str(error), 2)
        # Only now: Ctrl-C is taken care of, and decorators find an environment that is right.
        from .server import listen
        from .session import show

        try:
            listener = listen(options.port)
        except OSError as error:
            return _complain(_refusal(options.port, error), 1)
        show(monitor, listener, stopping, options.seconds)
    return 0


def _refusal(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken by another program; "
            "choose another one with --port N, or let --port 0 find a free one"
        )
    return f"port {port} cannot be used ({error.strerror}); choose another one with --port N"


def _complain(sentence: str, status: int) -> int:
    print(f"mcp-perf demo: error: {sentence}", file=sys.stderr)
    return status


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"must be a whole number from 0 to 65535, not {text!r}")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if 0 < seconds < math.inf:
        return seconds
    raise argparse.ArgumentTypeError(f"must be a positive number of seconds, not {text!r}")
