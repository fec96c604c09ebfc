"""Django's asynchronous side: no hop to another thread, and clients that go away."""

import asyncio
import gc
import threading

import django
import pytest
from asgiref.sync import SyncToAsync, iscoroutinefunction
from django.http import HttpResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path
from support import django_project
from support.asgi_driver import AsgiServer, http_scope, serve
from support.django_project import OURS, configured
from support.readings import exceptions, in_progress, lost, requests

from mcp_perf.adapters.django import PerformanceMonitoringMiddleware

LISTENS = pytest.mark.skipif(django.VERSION < (5, 0), reason="Django 4.2 does not listen for disconnects")

pytestmark = [
    # Django up to 5 leaves the request's body open where the response breaks off.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def _collected():
    yield
    gc.collect()


class Log:
    """What a view has seen."""

    def __init__(self):
        self.threads = []
        self.ended = []
        self.begun = asyncio.Event()


async def here(request):
    request.log.threads.append(threading.get_ident())
    return HttpResponse("here")


async def waiting(request):
    request.log.begun.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        request.log.ended.append("cancelled")
        raise


async def endless(request):
    async def parts():
        try:
            while True:
                yield b"more"
                await asyncio.sleep(0)
        finally:
            request.log.ended.append("closed")

    return StreamingHttpResponse(parts())


async def stuck(request):
    async def parts():
        yield b"one"
        request.log.begun.set()
        await asyncio.Event().wait()

    return StreamingHttpResponse(parts())


URLS = [
    path("here", here),
    path("waiting", waiting),
    path("endless", endless),
    path("stuck", stuck),
    path("sync", lambda request: HttpResponse("sync")),
]


def made(monitor, log=None, middleware=(OURS,)):
    with configured(monitor):
        return django_project.asgi(URLS, middleware, log=log)


def counted(monitor):
    gc.collect()
    assert in_progress(monitor) == 0
    assert lost(monitor) == 0
    assert exceptions(monitor) == {}
    return {key[1:]: number for key, number in requests(monitor).items()}


def test_an_asynchronous_view_runs_on_the_loops_thread(monitor):
    """With our middleware, too, an asynchronous view runs where the event loop does."""
    log = Log()

    assert serve(made(monitor, log), http_scope(path="/here")).body == b"here"

    assert [threading.get_ident()] == log.threads
    assert counted(monitor) == {("/here", "200"): 1}


@pytest.mark.parametrize("url", ["/here", "/sync", "/nowhere"])
def test_the_middleware_adds_no_hop_to_another_thread(monitor, monkeypatch, url):
    """Django goes to a thread as often with our middleware as without."""
    hops = []
    call = SyncToAsync.__call__

    async def counting(self, *args, **keywords):
        hops.append(self.func)
        return await call(self, *args, **keywords)

    monkeypatch.setattr(SyncToAsync, "__call__", counting)

    def count(app):
        hops.clear()
        serve(app, http_scope(path=url))
        return len(hops)

    expected = count(made(monitor, Log(), ()))
    assert expected == count(made(monitor, Log()))


def test_the_middleware_says_what_it_is():
    """It is a coroutine function above asynchronous handlers, and none above synchronous ones."""

    async def later(request):
        return HttpResponse()

    assert iscoroutinefunction(PerformanceMonitoringMiddleware(later))
    assert not iscoroutinefunction(PerformanceMonitoringMiddleware(lambda request: HttpResponse()))
    assert PerformanceMonitoringMiddleware.sync_capable
    assert PerformanceMonitoringMiddleware.async_capable


def visit(app, url, *, on_send=None, then=None):
    """One request, in whose course `then(server)` is awaited; the answer and the server."""

    async def main():
        server = AsgiServer(http_scope(path=url), on_send=on_send)
        task = asyncio.create_task(server.run(app))
        if then is not None:
            await then(server, task)
        await asyncio.wait([task])
        await asyncio.sleep(0)
        return task

    return asyncio.run(main())


@LISTENS
def test_a_client_that_goes_away_before_the_answer(monitor):
    """A view that Django cancels because its client has gone is a 499."""
    log = Log()

    async def leave(server, task):
        await log.begun.wait()
        server.leave()

    visit(made(monitor, log), "/waiting", then=leave)

    assert log.ended == ["cancelled"]
    assert counted(monitor) == {("/waiting", "499"): 1}


@LISTENS
def test_a_client_that_goes_away_from_a_stuck_stream(monitor):
    """A stream that waits for its next part when its client goes is a 499."""
    log = Log()

    async def leave(server, task):
        await log.begun.wait()
        server.leave()

    visit(made(monitor, log), "/stuck", then=leave)

    assert counted(monitor) == {("/stuck", "499"): 1}


@LISTENS
def test_a_client_that_goes_away_while_a_part_is_sent(monitor):
    """A stream that is cancelled while the server takes a part is a 499, and is closed."""
    log = Log()

    async def blocked(message):
        if message.get("body"):
            log.begun.set()
            await asyncio.Event().wait()

    async def leave(server, task):
        await log.begun.wait()
        server.leave()

    visit(made(monitor, log), "/endless", on_send=blocked, then=leave)

    assert log.ended == ["closed"]
    assert counted(monitor) == {("/endless", "499"): 1}


@pytest.mark.parametrize("url", ["/waiting", "/stuck"])
def test_a_cancelled_task(monitor, url):
    """A server that cancels the task of a request ends it: 499."""
    log = Log()

    async def cancel(server, task):
        await log.begun.wait()
        task.cancel()

    visit(made(monitor, log), url, then=cancel)

    assert counted(monitor) == {(url, "499"): 1}


def test_the_test_clients_have_their_requests_counted(monitor):
    """Django's own test clients go through the middleware and are counted when they return."""
    with configured(monitor), override_settings(MIDDLEWARE=[OURS], ROOT_URLCONF=tuple(URLS)):
        assert Client().get("/sync").content == b"sync"
        assert asyncio.run(AsyncClient().get("/sync")).content == b"sync"
        assert Client().get("/nowhere").status_code == 404

    assert counted(monitor) == {("/sync", "200"): 2, ("<unmatched>", "404"): 1}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_the_test_client_sees_an_exception(monitor, kind):
    """The exception of a view reaches the test as ever, and is counted once."""

    def boom(request):
        raise LookupError("boom")

    async def ask():
        return await AsyncClient().get("/boom")

    def visit():
        return Client().get("/boom") if kind is Client else asyncio.run(ask())

    project = override_settings(MIDDLEWARE=[OURS], ROOT_URLCONF=(path("boom", boom),))
    with configured(monitor), project, pytest.raises(LookupError, match="boom"):
        visit()

    assert requests(monitor) == {("GET", "/boom", "500"): 1}
    assert exceptions(monitor) == {("GET", "/boom", "LookupError"): 1}
