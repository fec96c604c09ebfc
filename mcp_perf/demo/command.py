"""``mcp-perf demo``: its options, and what goes wrong before the shop opens."""

from __future__ import annotations

import argparse
import errno

from mcp_perf import configure

from ..terminal import complain, positive, whole
from .stopping import Stopping

SUMMARY = "open a small shop with customers of its own, and watch what is measured of it"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "--port",
        type=whole(0, 65535),
        default=8000,
        metavar="N",
        help="where the shop is served on 127.0.0.1; 0 takes a free port (default: %(default)s)",
    )
    parser.add_argument(
        "--seconds", type=positive("seconds"), metavar="S", help="stop after S seconds (default: on Ctrl-C)"
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo until a signal or the end of its time; gives the exit status."""
    with Stopping() as stopping:
        try:
            monitor = configure(service="shop demo", enabled=True)
        except ValueError as error:
            return complain("demo", str(error), 2)
        # Only now: Ctrl-C is taken care of, and decorators find an environment that is right.
        from .server import listen
        from .session import show

        try:
            listener = listen(options.port)
        except OSError as error:
            return complain("demo", _refusal(options.port, error))
        show(monitor, listener, stopping, options.seconds)
    return 0


def _refusal(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} is taken by another program; "
            "choose another one with --port N, or let --port 0 find a free one"
        )
    return f"port {port} cannot be used ({error.strerror}); choose another one with --port N"
