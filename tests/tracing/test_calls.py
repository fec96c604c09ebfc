"""Spans of database operations and workflow steps, in their right places."""

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import SpanKind, StatusCode
from support.readings import value
from support.spans import Spans

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step


@pytest.fixture
def query(monitor):
    return monitor_db_operation("select", "users", monitor=monitor)


@pytest.fixture
def pay(monitor):
    return monitor_workflow_step("checkout", "pay", monitor=monitor)


def test_a_database_operation_is_a_client_span(query, spans):
    """It is named after operation and table, and has the attributes of the conventions."""
    query(lambda: None)()

    (span,) = spans.ended
    assert ("select users", SpanKind.CLIENT) == (span.name, span.kind)
    expected = {"db.system.name": "other_sql", "db.operation.name": "select", "db.collection.name": "users"}
    assert expected == dict(span.attributes)


def test_the_system_of_the_database_is_a_setting(clock, spans):
    """``db_system`` is ``db.system.name``."""
    monitor = PerformanceMonitor(
        registry=None, clock=clock.clock, tracer_provider=spans.provider, db_system="postgresql"
    )
    with monitor_db_operation("select", "users", monitor=monitor):
        pass

    assert "postgresql" == spans.ended[0].attributes["db.system.name"]


def test_a_step_is_an_internal_span(pay, spans):
    """It is named after workflow and step."""
    pay(lambda: None)()

    (span,) = spans.ended
    assert ("checkout pay", SpanKind.INTERNAL) == (span.name, span.kind)
    assert {"workflow.name": "checkout", "workflow.step.name": "pay"} == dict(span.attributes)


def test_other_calls_have_no_spans(monitor, spans):
    """``monitor_call`` counts and times what may be called a thousand times in a request."""
    monitor_call("render", monitor=monitor)(lambda: None)()

    assert [] == spans.ended


def test_what_is_inside_is_a_child(query, pay, spans):
    """An operation in a step is a child of the step's span."""
    pay(query(lambda: None))()

    assert {"select users": "checkout pay", "checkout pay": None} == spans.tree()


def test_a_failure_is_recorded(query, spans):
    """An exception is an event of the span, and its status."""

    def fail():
        raise ValueError("no such user")

    with pytest.raises(ValueError, match="no such user"):
        query(fail)()

    (span,) = spans.ended
    assert (StatusCode.ERROR, "ValueError: no such user") == (
        span.status.status_code,
        span.status.description,
    )
    assert "ValueError" == span.attributes["error.type"]
    assert ["exception"] == [event.name for event in span.events]


def test_an_exception_without_words_is_recorded(query, spans):
    """What raises when it is printed costs nobody anything."""

    class SilentError(Exception):
        def __str__(self):
            raise RuntimeError("no words")

    def fail():
        raise SilentError

    with pytest.raises(SilentError):
        query(fail)()

    (span,) = spans.ended
    assert StatusCode.ERROR == span.status.status_code
    assert span.attributes["error.type"].endswith("SilentError")


def test_a_cancelled_coroutine_is_no_failure(query, spans):
    """Its span says that it was cancelled."""

    async def run():
        task = asyncio.ensure_future(query(asyncio.Event().wait)())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(run())

    (span,) = spans.ended
    assert ("cancelled", StatusCode.UNSET) == (span.attributes["error.type"], span.status.status_code)


def test_tasks_at_once_have_their_own_parents(monitor, spans):
    """Of steps that run at the same time each has its own operations inside."""

    def of(number):
        @monitor_workflow_step("order", f"step {number}", monitor=monitor)
        async def step():
            await asyncio.sleep(0)
            async with monitor_db_operation("select", f"table {number}", monitor=monitor):
                await asyncio.sleep(0)

        return step()

    async def run():
        await asyncio.gather(*map(of, range(20)))

    asyncio.run(run())

    tree = spans.tree()
    assert {f"select table {n}": f"order step {n}" for n in range(20)} == {
        name: parent for name, parent in tree.items() if parent is not None
    }


def test_a_task_of_a_step_is_inside_of_it(query, pay, spans):
    """A task takes the context of who starts it; so does a thread of `asyncio.to_thread`."""

    @pay
    async def step():
        await asyncio.create_task(query(asyncio.sleep)(0))
        await asyncio.to_thread(query(lambda: None))

    asyncio.run(step())

    assert ["checkout pay"] * 2 == [spans.tree()[name] for name in spans.names() if name == "select users"]
    assert 3 == len(spans.ended)


def test_a_thread_with_the_context_of_a_step_is_inside_of_it(query, pay, spans):
    """What runs in a copy of a step's context is a child of it, in whatever thread."""

    @pay
    def step():
        with ThreadPoolExecutor(1) as pool:
            pool.submit(contextvars.copy_context().run, query(lambda: None)).result()

    step()

    assert "checkout pay" == spans.tree()["select users"]


def test_a_generator_is_inside_of_itself_only(query, pay, spans):
    """What a generator calls is a child of its span, what its consumer calls between is not."""

    @query
    def rows():
        for _ in range(2):
            pay(lambda: None)()
            yield

    other = monitor_parentless(spans)
    for _ in rows():
        other()

    pays = [span for span in spans.ended if span.name == "checkout pay"]
    assert ["select users"] * 2 == [_parent(spans, span) for span in pays]
    assert [None, None] == [_parent(spans, span) for span in spans.ended if span.name == "other"]


def monitor_parentless(spans):
    def other():
        with spans.tracer.start_as_current_span("other"):
            pass

    return other


def _parent(spans, span):
    names = {one.context.span_id: one.name for one in spans.ended}
    return None if span.parent is None else names[span.parent.span_id]


def test_an_async_generator_is_inside_of_itself_only(query, pay, spans):
    """The same for what is iterated asynchronously, also if it is left in the middle."""

    @query
    async def rows():
        while True:
            async with pay:
                await asyncio.sleep(0)
            yield

    other = monitor_parentless(spans)

    async def run():
        generator = rows()
        async for _ in generator:
            other()
            break
        await generator.aclose()

    asyncio.run(run())

    assert {"checkout pay": "select users", "other": None, "select users": None} == spans.tree()


def test_a_generator_that_is_closed_elsewhere_leaves_that_context_alone(query, spans):
    """Whoever closes a generator in another context has its own span afterwards."""
    rows = query(_endless)()
    next(rows)

    with spans.tracer.start_as_current_span("outer") as outer:
        contextvars.copy_context().run(rows.close)
        rows.close()
        assert outer is trace.get_current_span()
    assert ["select users", "outer"] == spans.names()


def _endless():
    while True:
        yield


def test_nothing_is_current_afterwards(query, pay):
    """However a call ends, the context is as before."""
    before = context.get_current()

    pay(query(lambda: None))()
    with pytest.raises(ZeroDivisionError):
        pay(query(lambda: 1 / 0))()
    with pay, query:
        pass
    list(query(lambda: (yield))())

    assert before == context.get_current()


def test_events_are_counted_and_timed_as_without_spans(clock, monitor, query):
    """A traced call has the same duration: what a span costs is not in it."""
    query(lambda: clock.advance(0.25))()

    labels = {"operation": "select", "table": "users", "status": "success"}
    assert 1 == value(monitor, "mcp_db_operations_total", **labels)
    assert 0.25 == value(monitor, "mcp_db_operation_duration_seconds_sum", **labels)


def test_active_runs_of_a_workflow_are_as_without_spans(monitor, pay):
    """A run with a traced step executing is active, and over with it."""
    seen = []
    nested = pay(lambda: seen.append(value(monitor, "mcp_active_workflows", workflow="checkout")))

    pay(nested)()

    assert [1] == seen
    assert 0 == value(monitor, "mcp_active_workflows", workflow="checkout")


def test_what_a_trace_leaves_out_is_left_out(query, spans):
    """Inside of a span that is not recorded, nothing is."""
    with trace.use_span(trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False))):
        query(lambda: None)()

    assert [] == spans.ended


def test_a_span_that_cannot_end_costs_no_call(clock):
    """What a span processor raises is counted, and what the call raises is what arrives."""

    class Broken(SpanProcessor):
        def on_end(self, span):
            raise RuntimeError("end")

    spans = Spans()
    spans.provider.add_span_processor(Broken())
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, tracer_provider=spans.provider)
    query = monitor_db_operation("select", "users", monitor=monitor)

    assert 3 == query(lambda: 3)()
    with pytest.raises(ZeroDivisionError):
        query(lambda: 1 / 0)()
    assert 2 == value(monitor, "mcp_monitor_events_lost_total", where="tracing")


def test_a_tracer_that_fails_costs_no_call(clock):
    """A provider's fault is counted, and the call is measured as ever."""

    class Broken:
        def get_tracer(self, *_, **__):
            raise RuntimeError("no tracer")

    monitor = PerformanceMonitor(registry=None, clock=clock.clock, tracer_provider=Broken())
    query = monitor_db_operation("select", "users", monitor=monitor)

    assert 3 == query(lambda: 3)()

    labels = {"operation": "select", "table": "users", "status": "success"}
    assert 1 == value(monitor, "mcp_db_operations_total", **labels)
    assert 1 == value(monitor, "mcp_monitor_events_lost_total", where="tracing")
