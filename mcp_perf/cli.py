"""The command ``mcp-perf``: it reads the options and hands over to a subcommand's own module."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Protocol

from .demo import command as demo
from .grafana import command as dashboards
from .launch import command as launch
from .report import command as report
from .rules import command as rules
from .top import command as top

# A full or failing device behind standard output.
_UNWRITABLE = {errno.ENOSPC, errno.EIO, errno.EDQUOT}

UNWRITABLE = 2  # and not the 1 by which a command says what it was asked for
INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C has ended


class Command(Protocol):
    """What the module of a subcommand has."""

    SUMMARY: str

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add its options."""

    def run(self, options: argparse.Namespace) -> int:
        """Do its work; gives the exit status."""


COMMANDS: Mapping[str, Command] = {
    "dashboards": dashboards,
    "demo": demo,
    "report": report,
    "rules": rules,
    "run": launch,
    "top": top,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv`, this process's own unless given; gives the exit status."""
    if sys.stdout is None:  # closed by whoever started us
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - open until the end
    parser = _parser()
    options = parser.parse_args(argv)
    if options.version:
        print(f"mcp-perf {version('mcp-perf')}")
        return 0
    if options.command is None:
        parser.print_help()
        return 0
    try:
        return COMMANDS[options.command].run(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (``mcp-perf … | head``); what is still in the buffer must not
        # fail once more when the interpreter flushes it.
        _discard_output()
        return UNWRITABLE
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        _discard_output()
        print(f"mcp-perf: error: the output cannot be written ({error.strerror})", file=sys.stderr)
        return UNWRITABLE


def _discard_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mcp-perf", description="Performance monitoring for Python web applications in any framework."
    )
    parser.add_argument("--version", action="store_true", help="show the version and exit")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    for name, command in COMMANDS.items():
        subparser = commands.add_parser(name, help=command.SUMMARY, description=command.SUMMARY)
        command.arguments(subparser)
    return parser
