"""What a user writes, checked by mypy and never run: right uses pass, wrong ones are errors.

A wrong use has a ``type: ignore`` of exactly its error, and mypy complains of one that is not needed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from functools import partial

from mcp_perf import PerformanceMonitor, configure, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware, instrument, metrics_app

monitor = PerformanceMonitor(namespace="shop")
configure(namespace="shop")


@monitor_db_operation("select", "users")
def select(uid: int, *, deep: bool = False) -> str:
    return str(uid)


@monitor_workflow_step("checkout", "pay", monitor=monitor)
async def pay(amount: float) -> bool:
    return amount > 0


@monitor_call("rows", labels={"kind": "all"})
def rows(n: int) -> Iterator[int]:
    yield n


@monitor_call("rows", sample_rate=0.1)
async def async_rows(n: int) -> AsyncIterator[int]:
    yield n


class Thing:
    @monitor_call("method")
    def method(self, a: int) -> int:
        return a

    @monitor_call("static")
    @staticmethod
    def static(a: int) -> int:
        return a


text: str = select(1, deep=True)
number: int = Thing().method(1) + Thing.static(1)
one: int = next(rows(1))
half: str = monitor_call("partial")(partial(select, 1))()


async def use() -> None:
    paid: bool = await pay(1.0)
    async with monitor_call("block"):
        assert paid
    async for row in async_rows(1):
        print(row + 1)


with monitor_db_operation("insert", "users"):
    pass

select("1")  # type: ignore[arg-type]
select(1, 2)  # type: ignore[arg-type, call-arg]
Thing().method("1")  # type: ignore[arg-type]
wrong: int = select(1)  # type: ignore[assignment]
monitor_db_operation("select")  # type: ignore[call-arg]
monitor_call("x")(5)  # type: ignore[call-overload]
monitor_call("x", labels="a")  # type: ignore[arg-type]
monitor_call("x", monitor="mine")  # type: ignore[arg-type]

jobs = monitor.counter("jobs", "Jobs.", ["kind"])
jobs.labels("a").inc()
jobs.labels(kind="a").inc(2.5)
jobs.labels("a").inc(exemplar={"trace_id": "5"})
jobs.labels("a").inc(exemplar={"trace_id": 5})  # type: ignore[dict-item]
monitor.histogram("size", "Size.").observe(1.5, {"trace_id": "5"})
jobs.labels("a").dec()  # type: ignore[attr-defined]
monitor.gauge("level", "Level.").set("high")  # type: ignore[arg-type]
monitor.histogram("size", "Size.", buckets=[1, 2]).time()(use)

PerformanceMonitoringMiddleware(metrics_app(monitor), monitor, status_groups=True)
instrument(metrics_app(), "/metrics", monitor)

taken: bool = monitor.export_otlp("http://localhost:4318", names="opentelemetry").flush()
monitor.export_otlp(4318)  # type: ignore[arg-type]
with monitor.push("http://localhost:9091", job="nightly", grouping={"shard": "1"}) as push:
    taken = push.push()
monitor.push("http://localhost:9091")  # type: ignore[call-arg]
