"""The profiler of one monitor: one profile at a time."""

from __future__ import annotations

import asyncio
import math
import threading

from ..storage.atomic import Lock
from ..storage.forks import follow
from ..threads import are_greenlets
from .options import Options
from .profile import Profile
from .sampling import Sampling
from .visits import Visits


class TakenError(Exception):
    """There is a profile under way; `retry_after` are the seconds until it is over."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = max(math.ceil(retry_after), 1)
        super().__init__(f"this worker takes a profile already: come again in {self.retry_after} s")


class ImpossibleError(Exception):
    """Nobody can look at this process from within."""

    def __init__(self) -> None:
        super().__init__(
            "no profile can be taken here: threads are greenlets (gevent, eventlet), of which none runs"
            " beside another; py-spy looks from outside"
        )


class Profiler:
    """Takes profiles of this process; `visits` tell it whom work is for."""

    def __init__(self, visits: Visits, service: str) -> None:
        self._visits = visits
        self._service = service
        self._under_way: Sampling | None = None
        self._lock = Lock()
        follow(self)

    def take(self, options: Options) -> Profile:
        """A profile of all threads but this one, which waits for it; TakenError, ImpossibleError."""
        sampling = self._enter(options)
        sampling.begin(None, [threading.get_ident()])
        return sampling.wait()

    async def take_async(self, options: Options) -> Profile:
        """The same from an event loop, which goes on and is in it, too."""
        sampling = self._enter(options)
        try:
            task = asyncio.current_task()
        except RuntimeError:  # another kind of event loop
            task = None
        sampling.begin(task, [])
        return await sampling.wait_async()

    def forked(self) -> None:
        """This is a child: what is under way is so in the parent."""
        self._under_way = None

    def _enter(self, options: Options) -> Sampling:
        if are_greenlets():
            raise ImpossibleError
        with self._lock:
            if self._under_way is not None:
                raise TakenError(self._under_way.left)
            self._under_way = Sampling(options, self._visits, self._service, self._leave)
            return self._under_way

    def _leave(self, sampling: Sampling) -> None:
        with self._lock:
            if self._under_way is sampling:
                self._under_way = None
