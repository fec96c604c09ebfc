"""Jobs: a block of code whose measurements are pushed when it ends, and meanwhile if that is wished."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from types import TracebackType

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector as PrometheusCollector

from ..errors import number
from ..threads import LONGEST, outcome, result, start
from ..timing import Clock
from .gateway import Gateway, How, RefusedError
from .report import Report

TIMEOUT = 10.0  # seconds
_PAUSES = (0.5, 1.0, 2.0)  # seconds, after each of which a gateway that was not there is asked once more
_OVERLOADED = 500  # the first of the statuses after which to ask again makes sense


class Push:
    """Pushes what `collector` collects for the block of a ``with`` or an ``async with``.

    When the block ends well, the gateway's group holds that and nothing else. Meanwhile, every `interval`
    seconds if one is given, and when it ends with an error, what a former run has pushed and this one has not
    stays there: when the job succeeded last, above all. With `delete` the group goes when the block ends.

    Nothing of this raises, and leaving the block takes no longer than `timeout` seconds; `failed` is told why
    nothing was pushed, and `recovered` that something was.
    """

    def __init__(
        self,
        gateway: Gateway,
        *,
        namespace: str,
        collector: PrometheusCollector,
        clock: Clock,
        interval: float | None,
        timeout: float,
        delete: bool,
        failed: Callable[[BaseException | None], None],
        recovered: Callable[[], None],
    ) -> None:
        for name, value in (("interval", interval), ("timeout", timeout)):
            if name != "interval" or value is not None:
                number(name, value, lambda seconds: 0 < seconds <= LONGEST, "a positive number of seconds")
        self._gateway = gateway
        self._namespace = namespace
        self._collector = collector
        self._clock = clock
        self._interval = interval
        self._timeout = timeout
        self._delete = delete
        self._failed = failed
        self._recovered = recovered
        self._over = threading.Event()
        self._pushing = threading.Lock()
        self._begin()

    def __enter__(self) -> Push:
        self._begin()
        if self._interval is not None:
            try:
                start("push", self._push_meanwhile, self._interval, self._over)
            except RuntimeError as error:
                self._failed(error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._end(error):
            try:
                result(self._started(self._last), self._timeout)
            except TimeoutError as late:
                self._failed(late)

    async def __aenter__(self) -> Push:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._end(error):
            try:
                await outcome(self._started(self._last), self._timeout)
            except TimeoutError as late:
                self._failed(late)

    def push(self) -> bool:
        """Push what there is now, beside what a former run has pushed; whether the gateway has taken it."""
        return self._tried(self._add, self._timeout)

    def _add(self, timeout: float) -> None:
        self._gateway.push(self._registry(), "add", timeout)

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._begun = self._clock.monotonic()
        self._report = Report(self._namespace, self._clock.wall())
        self._over = threading.Event()

    def _end(self, error: BaseException | None) -> bool:
        """Write down how the block has ended; whether that is this process's to push."""
        self._over.set()
        if os.getpid() != self._pid:  # a child that was forked in it
            return False
        report = self._report
        report.ended_at = self._clock.wall()
        report.seconds = max(self._clock.monotonic() - self._begun, 0.0)
        report.has_succeeded = error is None or (isinstance(error, SystemExit) and not error.code)
        return True

    def _last(self) -> None:
        how: How = "replace" if self._report.has_succeeded else "add"
        if self._delete:
            self._tried(self._gateway.delete, self._timeout)
        else:
            self._tried(lambda timeout: self._gateway.push(self._registry(), how, timeout), self._timeout)

    def _started(self, work: Callable[[], None]) -> Future[None]:
        """`work` in a thread, which may hang longer than anybody waits: a look-up of a name, say."""
        future: Future[None] = Future()

        def do() -> None:
            work()
            if not future.cancelled():
                future.set_result(None)

        try:
            start("push", do)
        except RuntimeError:  # the interpreter ends
            do()
        return future

    def _push_meanwhile(self, interval: float, over: threading.Event) -> None:
        while not over.wait(interval):
            # Half of what the block's end may take: the other half is for the push that counts.
            self._tried(self._add, self._timeout / 2, over)

    def _tried(
        self, do: Callable[[float], None], seconds: float, over: threading.Event | None = None
    ) -> bool:
        """Whether it was done within so many seconds; it is not tried again once it is `over`."""
        until = time.monotonic() + seconds
        # One at a time: what was read first must not come last.
        if not self._pushing.acquire(timeout=seconds):
            return False
        try:
            for pause in (*_PAUSES, None):
                try:
                    do(max(until - time.monotonic(), 0.001))
                    self._recovered()
                    return True
                except Exception as error:
                    is_final = isinstance(error, RefusedError) and error.status < _OVERLOADED
                    is_late = pause is None or time.monotonic() + pause >= until
                    if is_final or is_late or not isinstance(error, OSError):
                        self._failed(error)
                        return False
                if over is not None:
                    if over.wait(pause):
                        return False
                else:
                    time.sleep(pause or 0.0)
        finally:
            self._pushing.release()
        return False

    def _registry(self) -> CollectorRegistry:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Both(self._collector, self._report))
        return registry


class _Both(PrometheusCollector):
    """What a job has measured, and its report."""

    def __init__(self, collector: PrometheusCollector, report: Report) -> None:
        self._collector = collector
        self._report = report

    def collect(self) -> Iterable[Metric]:
        """All of it."""
        yield from self._collector.collect()
        yield from self._report.metrics()
