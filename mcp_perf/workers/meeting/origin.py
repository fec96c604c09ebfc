"""Which processes are workers of one service: told by what the server leaves in each, never by a setting.

Nothing here imports a server: one that runs is in `sys.modules` already. And nothing is remembered: a
process is asked while it is made, when not everything is there yet, and again later.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# The functions that servers run in their children, by module. Precisely these: `uvicorn.run` in a child of
# the user's own is a service for itself.
_TARGETS = {
    "uvicorn._subprocess": ("subprocess_started",),
    "uvicorn.subprocess": ("subprocess_started",),
    "hypercorn.asyncio.run": ("asyncio_worker", "uvloop_worker"),
    "hypercorn.trio.run": ("trio_worker",),
    **dict.fromkeys(
        ("granian.server", "granian.server.mp"),
        tuple(f"_spawn_{kind}_worker" for kind in ("asgi", "asgi_lifespan", "rsgi", "wsgi")),
    ),
}
# Django's and Werkzeug's reloaders set one of these for the child that they start, and start again.
_RELOADED = ("RUN_MAIN", "WERKZEUG_RUN_MAIN")
_PROC = "/proc"


@dataclass(frozen=True)
class Origin:
    """The one process that siblings have in common: mostly the one that starts and restarts them.

    `started` tells it from a later process of the same number; '' where the system does not say.
    """

    pid: int
    started: str


def origin() -> Origin | None:
    """The process that this one and its siblings have in common; None where that is not told for sure."""
    for evidence in (_gunicorn, _multiprocessing, _uwsgi, _reloader):
        try:
            found = evidence()
        except Exception:  # whatever a server, or something of its name, may be
            continue
        if found is not None:
            return found
    return None


def doubt() -> str | None:
    """Why this process may be one of several though no origin is told; None where nothing speaks for it."""
    for evidence in (_doubt_of_uwsgi, _doubt_of_multiprocessing):
        try:
            found = evidence()
        except Exception:
            continue
        if found is not None:
            return found if origin() is None else None
    return None


def has_children_soon() -> bool:
    """Whether this process is uWSGI's master, which forks without telling."""
    try:
        return bool(sys.modules["uwsgi"].masterpid() == os.getpid())
    except Exception:
        return False


def this_process() -> Origin:
    """This process as the origin of others."""
    return Origin(os.getpid(), started(os.getpid()))


def started(pid: int) -> str:
    """When the process `pid` started, in the system's own units; '' where that is not told."""
    try:
        with open(f"{_PROC}/{pid}/stat", "rb") as file:
            # The second field is the program's name, which may hold anything, parentheses too.
            return file.read().rpartition(b")")[2].split()[19].decode("ascii")
    except (OSError, IndexError, UnicodeDecodeError):
        return ""


def _parent(pid: object) -> Origin | None:
    """The process `pid` if it is this one's parent, and still alive."""
    if not isinstance(pid, int) or pid <= 0 or pid != os.getppid():
        return None
    found = Origin(pid, started(pid))
    return found if pid == os.getppid() else None  # meanwhile the number may have become another's


def _gunicorn() -> Origin | None:
    base = sys.modules.get("gunicorn.workers.base")
    if base is None:
        return None
    for worker in (*_handling_signals(), *_being_run()):
        # A process that a worker has forked has the worker's handlers and stack too.
        if isinstance(worker, base.Worker) and worker.pid == os.getpid():
            return _parent(worker.ppid)
    return None


def _handling_signals() -> Iterator[object]:
    for number in ("SIGUSR1", "SIGABRT", "SIGWINCH", "SIGQUIT", "SIGTERM", "SIGINT"):
        if hasattr(signal, number):
            yield getattr(signal.getsignal(getattr(signal, number)), "__self__", None)


def _being_run() -> Iterator[object]:
    """The worker that runs in the main thread: those with an event loop leave it their signals."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        if frame.f_code.co_name == "spawn_worker" and frame.f_globals.get("__name__") == "gunicorn.arbiter":
            yield frame.f_locals.get("worker")
        frame = frame.f_back


def _multiprocessing() -> Origin | None:
    process = _child()
    if process is None:
        return None
    target = process._target
    if target.__name__ not in _TARGETS.get(target.__module__, ()):
        return None
    return _parent(process._parent_pid)


def _child() -> Any:
    """This process as `multiprocessing` has it, if it was started by that; None otherwise."""
    module = sys.modules.get("multiprocessing.process")
    if module is None or module.parent_process() is None:
        return None
    return module.current_process()


def _doubt_of_multiprocessing() -> str | None:
    process = _child()
    if process is None:
        return None
    target = getattr(process, "_target", None)
    what = getattr(target, "__qualname__", type(process).__qualname__)
    where = getattr(target, "__module__", type(process).__module__)
    return f"it was started by multiprocessing, for {where}.{what}"


def _uwsgi() -> Origin | None:
    uwsgi = sys.modules.get("uwsgi")
    if uwsgi is None:
        return None
    master = uwsgi.masterpid()
    return this_process() if master == os.getpid() else _parent(master)


def _doubt_of_uwsgi() -> str | None:
    uwsgi = sys.modules.get("uwsgi")
    if uwsgi is None or uwsgi.masterpid() or uwsgi.numproc <= 1:
        return None
    return f"uWSGI runs {int(uwsgi.numproc)} processes without a master"


def _reloader() -> Origin | None:
    if not any(os.environ.get(variable) == "true" for variable in _RELOADED):
        return None
    # Whatever the child starts inherits the variable: the reloader is only who runs the same command.
    parent = os.getppid()
    words = _words(parent)
    return _parent(parent) if words is None or _same_command(words) else None


def _words(pid: int) -> list[str] | None:
    """The command line of the process `pid`; None where the system tells nobody's."""
    if not os.path.exists(f"{_PROC}/self/cmdline"):
        return None
    with open(f"{_PROC}/{pid}/cmdline", "rb") as file:
        return [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]


def _same_command(words: list[str]) -> bool:
    """Whether `words` end as this process's command line does, from the script on."""
    length = len(sys.argv)
    ours = sys.orig_argv[-length:]
    theirs = words[-length:]
    return (
        len(ours) == len(theirs) == length < len(words)
        and ours[1:] == theirs[1:]
        and os.path.basename(ours[0]) == os.path.basename(theirs[0])
    )
