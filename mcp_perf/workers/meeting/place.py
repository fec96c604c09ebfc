"""Where a monitor's workers meet: the directory that was given, or the one that they find by themselves."""

from __future__ import annotations

import contextlib
import os
import weakref
from collections import Counter
from pathlib import Path

from ..system.descriptors import close, identity
from ..system.holding import hold
from .directory import automatic
from .origin import Origin, origin, this_process
from .ownership import own

VARIABLE = "MCP_PERF_WORKER_DIR"

# How many monitors of each name this process has made that look for their siblings themselves. These run the
# same program: by its number each finds its own among several of one namespace, which share nothing.
_made: Counter[str] = Counter()


class Place:
    """Gives the directory of the monitor `namespace`, anew each time, since more may be known by then.

    `given` is a directory that its user has named; monitors that were given the same one are siblings.
    ValueError for one that cannot be. A monitor that is not used has none.
    """

    def __init__(self, given: object, namespace: str, *, is_used: bool = True) -> None:
        self._origin: Origin | None = None
        if given is None:
            check_variable()
        else:
            _check(given)
        # As of now: the process may go to another directory.
        self._given = _absolute(given)
        self._named: Path | None = None
        self._name = namespace
        self._is_used = is_used
        if is_used and self._given is None:
            _made[namespace] += 1
            if _made[namespace] > 1:
                self._name = f"{namespace}-{_made[namespace]}"
            self._reserve(self._from_environment())

    def __call__(self) -> Path | None:
        """The directory, None where this process is taken for the only one; OSError or ValueError."""
        if not self._is_used:
            return None
        directory = self._given or self._from_environment()
        if directory is not None:
            return own(own(directory) / self._name)
        found = self._origin or origin()
        return automatic(found, self._name) if found is not None else None

    def forking(self) -> None:
        """From now on there are siblings: the children of this process."""
        self._origin = self._origin or origin() or this_process()

    def _from_environment(self) -> Path | None:
        if self._named is None:
            self._named = _absolute(os.environ.get(VARIABLE) or None)
        return self._named

    def _reserve(self, directory: Path | None) -> None:
        """Keep whoever has made the directory for its service from removing it as long as this is there."""
        if directory is None:
            return
        with contextlib.suppress(OSError):
            descriptor = hold(directory)
            releasing = weakref.finalize(self, close, descriptor, identity(descriptor))
            releasing.atexit = False


def check_variable() -> None:
    """ValueError where the environment names a directory that cannot be one."""
    if os.environ.get(VARIABLE):
        try:
            _check(os.environ[VARIABLE])
        except ValueError as error:
            raise ValueError(f"{VARIABLE}: {error}") from None


def _check(directory: object) -> None:
    """ValueError where it cannot be one; a fault of the system says nothing of the setting."""
    with contextlib.suppress(OSError):
        own(directory)


def _absolute(directory: object) -> Path | None:
    return None if directory is None else Path(os.fspath(directory)).absolute()  # type: ignore[call-overload]
