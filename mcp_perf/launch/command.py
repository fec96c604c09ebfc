"""``mcp-perf run``: its options, the directory that it prepares, and what keeps a command from starting."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from mcp_perf.workers.meeting.directory import automatic, of_user
from mcp_perf.workers.meeting.leftovers import remove_unheld, sweep
from mcp_perf.workers.meeting.origin import this_process
from mcp_perf.workers.meeting.place import VARIABLE
from mcp_perf.workers.system.holding import hold

from .child import Child
from .signals import SUPPORTED, held_signals

SUMMARY = "run a server whose workers share their metrics, whichever server it is"

# What a shell says of a command that it does not find, or cannot run.
NOT_FOUND = 127
NOT_RUNNABLE = 126


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.usage = "%(prog)s [-h] [--worker-dir DIR] [--] COMMAND ..."
    parser.add_argument(
        "--worker-dir",
        metavar="DIR",
        help=f"the directory that the workers share, which is kept (default: that of {VARIABLE}, or a fresh "
        "one, removed at the end)",
    )
    parser.add_argument(
        "words",
        nargs=argparse.REMAINDER,
        metavar="COMMAND ...",
        help="the server and its own options, such as: gunicorn app:app -w 4",
    )
    parser.set_defaults(refuse=parser.error)


def run(options: argparse.Namespace) -> int:
    """Run the command until it ends; gives its exit status."""
    words = options.words[1:] if options.words[:1] == ["--"] else options.words
    if not words:
        options.refuse("the command to run is missing, such as: mcp-perf run -- gunicorn app:app -w 4")
    if options.worker_dir == "":
        options.refuse("argument --worker-dir: must be a directory, not ''")
    if not SUPPORTED:
        return _complain("this system has no signals to hand on; start the command itself", 1)
    with held_signals() as signals, ExitStack() as stack:
        try:
            directory = stack.enter_context(_shared(options.worker_dir))
        except (OSError, ValueError) as error:
            return _complain(f"there is no directory for the workers: {error}; give one by --worker-dir", 1)
        return _run(words, Child({VARIABLE: str(directory)}, signals))


def _run(words: list[str], child: Child) -> int:
    try:
        child.start(words)
    except FileNotFoundError:
        return _complain(f"there is no command {words[0]!r}", NOT_FOUND)
    except OSError as error:
        return _complain(f"the command {words[0]!r} cannot be run ({error.strerror})", NOT_RUNNABLE)
    return child.attend()


@contextmanager
def _shared(given: str | None) -> Iterator[Path]:
    if given is None:
        given = _named()
    if given is not None:
        yield Path(given).absolute()  # the server may change its directory
        return
    sweep(of_user())
    directory = automatic(this_process(), "run")
    lock = hold(directory)
    try:
        yield directory
    finally:
        os.close(lock)
        # A worker that outlives its server still holds it; then a later launcher sweeps it.
        remove_unheld(directory.parent)


def _named() -> str | None:
    """What the environment names, unless that is the directory of a launcher around this one."""
    named = os.environ.get(VARIABLE)
    return named if named and of_user() not in Path(named).absolute().parents else None


def _complain(sentence: str, status: int) -> int:
    print(f"mcp-perf run: error: {sentence}", file=sys.stderr)
    return status
