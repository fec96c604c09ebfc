"""Exports: a thread that has the teller tell whenever it is time to, until the process ends."""

from __future__ import annotations

import atexit
import threading
import time
import weakref
from collections.abc import Callable
from contextvars import Context

from ..pace import Considerate, Pace
from ..registry.snapshot import Snapshot
from ..storage.atomic import Lock
from ..storage.forks import follow, notice
from ..threads import resolve_without, start
from .desk import Desk
from .exporters import Connection, needed
from .options import Options
from .teller import Teller, naming_of

_GLANCE = 0.01  # seconds between two looks at a lock
_LAST = 5  # times that the rest is pushed, as long as there is more of it


class Export:
    """Pushes what a monitor has measured, in each of its processes; of several workers one does it at a time.

    `name` tells it from others of the same monitor, in all workers alike; it goes on from what lies on
    `desk`. `failed` is told of what went wrong, and `recovered` that it is over. It ends with its last
    reference, and tells the rest when the process ends, which waits for that no longer than the timeout.
    Nothing here raises.
    """

    def __init__(
        self,
        options: Options,
        *,
        name: str,
        namespace: str,
        service: str,
        db_system: str,
        desk: Desk,
        take: Callable[[Pace], Snapshot],
        failed: Callable[[BaseException | None], None],
        recovered: Callable[[], None],
    ) -> None:
        needed(options)
        self.options = options
        self.name, self.desk = name, desk
        self._connection = Connection(options)
        self._teller = Teller(
            options,
            naming_of(options, namespace, db_system),
            service=service,
            desk=desk,
            take=take,
            send=self._connection.send,
        )
        self._failed = failed
        self._recovered = recovered
        self._beginning = Lock()
        self._thread: threading.Thread | None = None
        self._over = threading.Event()
        self.is_over = False
        self._at_exit = _flush_at_exit(weakref.ref(self))
        atexit.register(self._at_exit)
        weakref.finalize(self, atexit.unregister, self._at_exit).atexit = False
        follow(self)

    def __repr__(self) -> str:
        target = self.options.endpoint or "the standard endpoint"
        return f"<Export of {self.options.names} names to {target}>"

    def begin(self) -> None:
        """Push from now on, every `interval`; where there can be no thread, when the process ends."""
        if self._thread is not None or self.is_over or self.options.is_off:
            return
        with self._beginning:
            if self._thread is not None:
                return
            self._over = over = threading.Event()
            weakref.finalize(self, over.set).atexit = False
            try:
                # In a context of its own: that of the request at hand would never end.
                self._thread = start("otlp", _push, weakref.ref(self), over, context=Context())
            except RuntimeError as error:
                self._failed(error)

    def flush(self, timeout: float | None = None) -> bool:
        """Push now; whether all was taken. False, too, where another worker pushes for all, or it is over.

        Waits for a push that is under way, but no longer than `timeout`, that of the export unless given.
        """
        notice()
        if self.options.is_off or not self._acquire(self.options.timeout if timeout is None else timeout):
            return False
        try:
            return not self.is_over and self._step()
        finally:
            self.desk.lock.release()

    def shutdown(self, timeout: float | None = None) -> None:
        """Push the rest, and then no more; waits at most `timeout`, that of the export unless given."""
        if self.is_over:
            return
        self.is_over = True
        self._over.set()
        if self.options.is_off:
            return
        if self._thread is not None:
            self._thread.join(self.options.timeout if timeout is None else timeout)
        else:
            self._tell_rest()

    def forking(self) -> None:
        """There will be a child, which is to find the account, and no connection to the receiver."""
        if self.desk.lock.acquire_soon():
            try:
                self.desk.move(_unhurried)
                if self.is_over:
                    self.desk.leave()
                self._connection.close()
            except Exception as error:
                self._failed(error)
            finally:
                self.desk.lock.release()

    def forked(self) -> None:
        """This is a child, which begins anew."""
        self._thread = None
        self._over = threading.Event()
        self._connection.forked()
        self.desk.forked()

    def _step(self) -> bool:
        try:
            told = self._teller.step(Considerate())
        except Exception as error:
            self._failed(error)
            return False
        if told is False:
            self._failed(None)
        elif told:
            self._recovered()
        return bool(told)

    def finish(self) -> None:
        """Push the rest, as long as it is not over, and let another worker go on."""
        if not self.is_over:
            self._tell_rest()

    def _tell_rest(self) -> None:
        until = time.monotonic() + self.options.timeout
        for _ in range(_LAST):
            if not self._acquire(max(until - time.monotonic(), 0.0)):
                return
            try:
                is_told = self._step()
                # A worker that ended just now has left to this one what it has counted last.
                if not self._teller.leave(Considerate()) or not is_told:
                    break
            except Exception as error:
                self._failed(error)
                break
            finally:
                self.desk.lock.release()
        self._connection.close()

    def _acquire(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not self.desk.lock.acquire_now():
            if time.monotonic() >= until:
                return False
            time.sleep(_GLANCE)
        return True


def _unhurried() -> None:
    """The pace of who is about to fork, when nobody else has a turn anyway."""


def _push(export: weakref.ref[Export], over: threading.Event) -> None:
    """Push as long as there is an export, which this thread does not keep, and the rest when it is over."""
    is_over = False
    while not is_over and (one := export()) is not None:
        interval = one.options.interval
        del one
        is_over = over.wait(interval)
        one = export()
        if one is not None and not is_over:
            one.flush()
        elif one is not None:
            one._tell_rest()
        del one


def _flush_at_exit(export: weakref.ref[Export]) -> Callable[[], None]:
    def flush() -> None:
        one = export()
        if one is not None:
            resolve_without()
            one.shutdown()

    return flush
