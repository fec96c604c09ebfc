"""Death and faults at a chosen system call of the code that looks after workers' files."""

import errno
import os
import signal
from importlib import import_module
from unittest import mock

# The rooms of mcp_perf.workers whose system calls are interrupted.
_ROOMS = """
    crew files.archive files.index files.litter files.member files.sibling files.slot_file
    system.holding system.locks system.opening system.stillness
"""
MODULES = [import_module(f"mcp_perf.workers.{name}") for name in _ROOMS.split()]
KILLS = ("killed before", "killed after")
ERRORS = ("ENOSPC", "EIO")
# What answers from what the process knows, and what cannot fail.
_NO_CALLS = {"getpid", "fspath", "close"}


class Interruption:
    """Stands in for the module `os`: the call number `at` is interrupted, in the way of `how`."""

    def __init__(self, at, how):
        self.at, self.how, self.calls = at, how, 0

    def __getattr__(self, name):
        found = getattr(os, name)
        return self._counted(name, found) if callable(found) and name not in _NO_CALLS else found

    def _counted(self, name, function):
        def call(*args, **kwargs):
            self.calls += 1
            if self.calls != self.at:
                return function(*args, **kwargs)
            if self.how == "killed before":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.how == "killed after":
                function(*args, **kwargs)
                os.kill(os.getpid(), signal.SIGKILL)
            if name == "write":  # some of it was written
                function(args[0], bytes(args[1])[: len(args[1]) // 2])
            code = getattr(errno, self.how)
            raise OSError(code, os.strerror(code))

        return call

    def __enter__(self):
        self._patches = [mock.patch.object(module, "os", self) for module in MODULES if hasattr(module, "os")]
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_):
        for patch in self._patches:
            patch.stop()


def interrupted(do, at, how):
    """Run `do` in a forked child that is interrupted there; whether it came so far."""
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        signal.alarm(60)
        status = 2
        try:
            with Interruption(at, how) as interruption:
                do()
            status = 0 if interruption.calls < at else 1
        finally:
            os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (-signal.SIGKILL, 0, 1), f"the child ended with {status}"
    return status != 0
