"""The decorators of the public API: which recorder each of them finds in its monitor."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .decorators.recorders import Recorder
from .decorators.timed import Timed
from .default import check_monitor, follow, get_monitor
from .monitor import PerformanceMonitor
from .registry.labels import check_label_names
from .settings import check_share
from .timing import Clock


def monitor_db_operation(
    operation: str, table: str, *, monitor: PerformanceMonitor | None = None, sample_rate: float = 1.0
) -> Timed:
    """Count and time a database operation: a decorator for any callable, or a (async) context manager.

    `operation` and `table` are labels, say ``"select", "users"``: a fixed few, never a statement. With
    `sample_rate` below 1 only that share of the calls is timed; all are counted. Raises TypeError or
    ValueError for a wrong argument.
    """
    operation, table = _plain(operation=operation, table=table)
    rate = check_share("sample_rate", sample_rate)
    what = f"monitor_db_operation({operation!r}, {table!r})"
    return _timed(monitor, lambda found: found.operations.db(operation, table, rate), what)


def monitor_workflow_step(
    workflow: str, step: str, *, monitor: PerformanceMonitor | None = None, sample_rate: float = 1.0
) -> Timed:
    """Count and time a step of a workflow, and count the workflow's run as active meanwhile.

    A decorator for any callable, or a (async) context manager. A step nested in another step of the same
    run does not make the run count twice. `sample_rate` and errors as for `monitor_db_operation`.
    """
    workflow, step = _plain(workflow=workflow, step=step)
    rate = check_share("sample_rate", sample_rate)
    what = f"monitor_workflow_step({workflow!r}, {step!r})"
    return _timed(monitor, lambda found: found.operations.step(workflow, step, rate), what)


def monitor_call(
    name: str,
    *,
    labels: Mapping[str, str] | None = None,
    monitor: PerformanceMonitor | None = None,
    sample_rate: float = 1.0,
) -> Timed:
    """Count and time anything else, as ``calls_total{name=…,status=…}`` and ``call_duration_seconds``.

    A decorator for any callable, or a (async) context manager. `labels` are further labels with fixed
    values. `sample_rate` and errors as for `monitor_db_operation`.
    """
    (name,) = _plain(name=name)
    rate = check_share("sample_rate", sample_rate)
    own = {} if labels is None else labels
    if not isinstance(own, Mapping):
        raise TypeError(f"labels must be a mapping of label names to values, not {own!r}")
    check_label_names(own, reserved=("name", "status", "le"))
    values = tuple((key, str(own[key])) for key in sorted(own))
    what = f"monitor_call({name!r})"
    return _timed(monitor, lambda found: found.operations.call(name, values, rate), what)


def _timed(
    monitor: PerformanceMonitor | None, record: Callable[[PerformanceMonitor], Recorder], what: str
) -> Timed:
    check_monitor(monitor)

    def find() -> Recorder:
        found = monitor if monitor is not None else get_monitor()
        return record(found) if found.enabled else Recorder(Clock())

    timed = Timed(find, what)
    if monitor is None:
        follow(timed)
    else:
        timed.bind()
    return timed


def _plain(**arguments: object) -> list[str]:
    """The arguments as plain strings, of which an Enum's member may be a subclass."""
    for name, value in arguments.items():
        if callable(value):
            raise TypeError(
                f"{name} must be a string, not {value!r}: the decorator is called before it decorates"
            )
        if not isinstance(value, str):
            raise TypeError(f"{name} must be a string, not {value!r}")
        if not value:
            raise ValueError(f"{name} must be a string that is not empty")
    return [str.__str__(value) for value in arguments.values()]
