"""The pause of the collector of garbage while frames of other threads are looked at.

In Python 3.11 the collector may run within any step from one frame to the next, or to its variables; what it
destroys may run Python code, and so let another thread go on. Where that returns meanwhile, the interpreter
goes on to write to the frame that is gone, and crashes. (Before, frames were objects of their own; since 3.12
the collector runs between two instructions only. CPython has the same for ``sys._current_frames`` itself, see
its issue 106883.)
"""

from __future__ import annotations

import gc
import sys

from ..storage.atomic import Lock
from ..storage.forks import follow

_IS_NEEDED = sys.version_info[:2] == (3, 11)


class GcPause:
    """For ``with``, around a look; one at a time, so that nobody has the collector on while another looks."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._was_on = False
        follow(self)

    def __enter__(self) -> None:
        if _IS_NEEDED:
            self._lock.__enter__()
            self._was_on = gc.isenabled()
            gc.disable()

    def __exit__(self, *_: object) -> None:
        if _IS_NEEDED:
            if self._was_on:
                gc.enable()
            self._lock.release()

    def forked(self) -> None:
        """This is a child, in which nobody looks."""
        was_on, self._was_on = self._was_on, False
        if was_on:
            gc.enable()


# One for all monitors, as there is one collector for all of them.
without_gc = GcPause()
