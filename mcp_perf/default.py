"""The one default monitor, and what is bound to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakSet

from .faults import logger
from .monitor import PerformanceMonitor
from .settings import from_environment
from .storage.atomic import Lock
from .workers.meeting.place import check_variable

T = TypeVar("T")


class Unbindable(Protocol):
    """Something that has taken what it needs from the default monitor."""

    def unbind(self) -> None:
        """Forget it, and ask again at the next use."""


class _Default:
    def __init__(self) -> None:
        self._monitor: PerformanceMonitor | None = None
        self._bound: WeakSet[Unbindable] = WeakSet()
        self._lock = Lock()

    def get(self) -> PerformanceMonitor:
        with self._lock:
            if self._monitor is None:
                self._monitor = _made({})
            return self._monitor

    def configure(self, settings: dict[str, Any]) -> PerformanceMonitor:
        monitor = _made(settings)
        with self._lock:
            self._monitor = monitor
            for bound in list(self._bound):
                bound.unbind()
        return monitor

    def follow(self, bound: Unbindable) -> None:
        with self._lock:
            if self._monitor is None:
                from_environment()
                check_variable()
            self._bound.add(bound)


def _made(settings: Mapping[str, Any]) -> PerformanceMonitor:
    """A monitor of these settings, which go over the environment."""
    said = from_environment()
    has_export = said.pop("otlp", False) and "otlp" not in settings
    monitor = PerformanceMonitor(**{**said, **settings})
    if has_export:
        try:
            monitor.export_otlp()
        except Exception as error:  # at the first request, it may be, which has nothing to do with it
            logger.warning("mcp_perf pushes nothing, though MCP_PERF_OTLP asks for it: %s", error)
    return monitor


_default = _Default()


def get_monitor() -> PerformanceMonitor:
    """The default monitor, built from the environment on first use; ValueError if a variable is wrong."""
    return _default.get()


def configure(**settings: Any) -> PerformanceMonitor:
    """Build the default monitor from keywords, which go over the environment, and return it.

    Middlewares and decorators without a monitor of their own use it from then on; what an earlier default
    monitor has counted stays with that one.
    """
    return _default.configure(settings)


def follow(bound: Unbindable) -> None:
    """Have `bound` unbound whenever the default monitor is replaced; ValueError for a wrong environment."""
    _default.follow(bound)


class Binding(Generic[T]):
    """Something made from a monitor: from the one given, or from the default one at first use.

    The hot path reads `value` and calls `bind` only where that is None.
    """

    def __init__(self, monitor: PerformanceMonitor | None, make: Callable[[PerformanceMonitor], T]) -> None:
        check_monitor(monitor)
        self.value: T | None = None
        self._monitor = monitor
        self._make = make
        self._complained = False
        if monitor is None:
            follow(self)
        else:
            self.bind()

    def bind(self) -> T:
        """Make it, and keep it as `value`."""
        made = self._make(self._monitor if self._monitor is not None else get_monitor())
        self.value = made
        return made

    def unbind(self) -> None:
        """Forget it."""
        self.value = None

    def lost(self, where: str, error: BaseException) -> None:
        """Report a fault in the measuring to the monitor; to the log alone where there is none."""
        try:
            (self._monitor if self._monitor is not None else get_monitor()).faults.lost(where, error)
        except Exception:
            if not self._complained:
                self._complained = True
                logger.exception("mcp_perf has no monitor to measure with; nothing is measured here")


def check_monitor(monitor: object) -> None:
    """TypeError for what is neither a monitor nor None."""
    if monitor is not None and not isinstance(monitor, PerformanceMonitor):
        raise TypeError(f"monitor must be a PerformanceMonitor or None, not {monitor!r}")
