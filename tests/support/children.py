"""Forks in which a test does what cannot be undone."""

import os
import signal
import sys


def in_child(do):
    """Run `do` in a fork, since what it does to its process cannot be undone; it must end well."""
    child = os.fork()
    if child == 0:  # pragma: no cover - in the child
        signal.alarm(60)
        status = 1
        try:
            do()
            status = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
