"""Whom the work of a thread or a task is for, as somebody sees it who looks from outside."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor

import anyio.to_thread
import pytest
from asgiref.sync import sync_to_async
from support.asgi_driver import AsgiServer, http_scope
from support.profiling import looker
from support.wsgi_driver import environment

from mcp_perf import PerformanceMonitor
from mcp_perf.access import networks
from mcp_perf.adapters import asgi, wsgi
from mcp_perf.profiling.visits import route_so_far


@pytest.fixture
def monitor():
    return PerformanceMonitor(registry=None, access={"profile": networks("127.0.0.1")})


class Onlooker:
    """Looks from another thread, whenever it is told to; `found` are names of functions with their route."""

    def __init__(self, monitor):
        self.visits = monitor.slow_requests.visits
        self._looker = looker(self.visits)
        self.found = []

    def look(self):
        self._in_thread(self._threads)

    def look_at_tasks(self):
        self._looker.know(asyncio.get_running_loop(), None)
        self._in_thread(lambda: [*self._looker.tasks()[1]])

    def of(self, function):
        """What was found of the work in which this function is: its outermost functions, and its visit."""
        return [seen for seen in self.found if function in seen.stack]

    def _threads(self):
        return [*self._looker.threads(1.0)]

    def _in_thread(self, look):
        thread = threading.Thread(target=lambda: self.found.extend(look()))
        thread.start()
        thread.join()


def serve(app, monitor, **options):
    measured = asgi.PerformanceMonitoringMiddleware(app, monitor, **options)
    asyncio.run(AsgiServer(http_scope(path="/a")).run(measured))


async def answer(send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def test_no_company_unless_it_is_wanted() -> None:
    """Nobody goes along with requests where neither profiles nor slow requests are enabled."""
    here = networks("127.0.0.1")

    def joins(**settings):
        return len(PerformanceMonitor(registry=None, tracing=False, **settings)._joins)

    assert (0, 0) == (joins(), joins(access=here))
    assert (1, 1) == (joins(slow_request_seconds=1), joins(access={"profile": here}))
    assert 0 == joins(access={"profile": here}, enabled=False)


def test_wsgi(monitor) -> None:
    """What a WSGI application calls is for its request, without the server; after it, it is for nobody."""
    onlooker = Onlooker(monitor)

    def application(environ, start_response):
        onlooker.look()
        start_response("200 OK", [])
        return [b""]

    def server():
        measured = wsgi.PerformanceMonitoringMiddleware(application, monitor, route=lambda _: "/a")
        measured(environment(path="/a"), lambda *_: None)
        onlooker.look()

    server()
    (seen,) = onlooker.of("application")
    assert ("application", "/a") == (seen.stack[0], route_so_far(seen.visit))
    assert onlooker.of("server")[-1].visit is None


def test_asgi(monitor) -> None:
    """What an ASGI application runs, awaits, and has others run or await is for its request."""
    onlooker = Onlooker(monitor)

    def in_thread():
        onlooker.look()

    async def child():
        onlooker.look()
        await asyncio.Event().wait()

    async def application(scope, receive, send):
        onlooker.look()
        task = asyncio.create_task(child())
        await asyncio.sleep(0)
        await asyncio.to_thread(in_thread)
        await anyio.to_thread.run_sync(in_thread)
        await sync_to_async(in_thread)()
        onlooker.look_at_tasks()
        task.cancel()
        await answer(send)

    serve(application, monitor)
    visits = {seen.visit for name in ("application", "child", "in_thread") for seen in onlooker.of(name)}
    assert 1 == len(visits)
    assert None not in visits
    assert {"in_thread"} == {seen.stack[0] for seen in onlooker.of("in_thread")}
    assert {"application"} == {seen.stack[0] for seen in onlooker.of("application")}
    assert (3, 2) == (len(onlooker.of("in_thread")), len(onlooker.of("child")))


def test_a_task_that_waits(monitor) -> None:
    """What waits for something is for its request as long as that goes on."""
    onlooker = Onlooker(monitor)

    async def application(scope, receive, send):
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(onlooker.look_at_tasks)
        await asyncio.sleep(0.01)
        await answer(send)
        asyncio.get_running_loop().call_soon(onlooker.look_at_tasks)
        await asyncio.sleep(0.01)

    serve(application, monitor)
    during, afterwards = onlooker.of("application")
    assert (["application", "sleep"], None) == (during.stack, afterwards.visit)
    assert during.visit is not None


def test_work_given_away_without_a_context(monitor) -> None:
    """A thread that nobody has told of a request works for nobody."""
    onlooker = Onlooker(monitor)

    def application(environ, start_response):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(given_away).result()
            pool.submit(contextvars.copy_context().run, told).result()
        start_response("200 OK", [])
        return [b""]

    def given_away():
        onlooker.look()

    def told():
        onlooker.look()

    wsgi.PerformanceMonitoringMiddleware(application, monitor)(environment(path="/a"), lambda *_: None)
    assert [None] == [seen.visit for seen in onlooker.of("given_away")]
    assert None not in [seen.visit for seen in onlooker.of("told")]


def test_two_monitors(monitor) -> None:
    """Each of two monitors that measure the same requests knows its own."""
    other = PerformanceMonitor(registry=None, access={"profile": networks("127.0.0.1")})
    onlookers = [Onlooker(one) for one in (monitor, other)]

    async def application(scope, receive, send):
        for onlooker in onlookers:
            onlooker.look()
        await answer(send)

    serve(asgi.PerformanceMonitoringMiddleware(application, other), monitor)
    found = [seen.visit for onlooker in onlookers for seen in onlooker.of("application")]
    assert [monitor.slow_requests.visits, other.slow_requests.visits] == [one.visits for one in found]


def test_route_of_a_request_that_goes_on(monitor) -> None:
    """Before its end a request has the route that the framework knows, and none that only the user knows."""
    from fastapi import FastAPI

    from mcp_perf.adapters import fastapi

    found = []

    def run(**options):
        onlooker = Onlooker(monitor)
        plain = FastAPI()

        @plain.get("/items/{item}")
        async def handler(item: str):
            onlooker.look()
            found.extend(route_so_far(seen.visit) for seen in onlooker.of("handler"))
            kept.extend(seen.visit for seen in onlooker.of("handler"))

        measured = fastapi.PerformanceMonitoringMiddleware(plain, monitor, **options)
        asyncio.run(AsgiServer(http_scope(path="/items/5")).run(measured))

    kept = []
    run()
    run(route=lambda scope: "/mine")
    assert ["/items/{item}", None] == found
    assert ["/items/{item}", "/mine"] == [route_so_far(visit) for visit in kept]


def test_nothing_is_kept_alive(monitor) -> None:
    """A request that has ended holds nobody who has gone along with it, and is not held by them."""
    import gc
    import weakref

    class Marked(dict):
        """An environment that can be referred to weakly."""

    def application(environ, start_response):
        start_response("200 OK", [])
        return [b""]

    measured = wsgi.PerformanceMonitoringMiddleware(application, monitor)
    gc.collect()
    gc.disable()
    try:
        asked = Marked(environment(path="/a"))
        gone = weakref.ref(asked)
        measured(asked, lambda *_: None)
        asked.clear()
        del asked
        assert gone() is None
    finally:
        gc.enable()
