"""How an exchange ends in Starlette and FastAPI, whose responses have ways of their own."""

import asyncio

import pytest
from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import FileResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from support.asgi_driver import AsgiServer, http_scope, leaving_after, serve
from support.readings import exceptions, in_progress, requests, total
from support.routes import around
from support.shop import BoomError, root

from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware


async def passing(request, call_next):
    return await call_next(request)


def streaming(parts, **more):
    """An application that streams what `parts()` gives."""

    async def stream(request):
        return StreamingResponse(parts(), **more)

    return Starlette(routes=[Route("/{x}", stream)])


def counted(status):
    return {("GET", "/{x}", str(status)): 1}


async def endless():
    while True:
        yield b"more"
        await asyncio.sleep(0)


class TestStreaming:
    @pytest.mark.parametrize("base", [False, True], ids=["", "base middleware"])
    def test_a_server_that_raises(self, monitor, place, base):
        """Under spec 2.4 a server's `send` raises where the client has gone: 499, and no exception."""
        app = streaming(endless)
        if base:
            app.add_middleware(BaseHTTPMiddleware, dispatch=passing)

        serve(place(app, monitor), http_scope(path="/1"), on_send=leaving_after(3))

        assert counted(499) == requests(monitor)
        assert {} == exceptions(monitor)
        assert 0 == in_progress(monitor)

    @pytest.mark.parametrize("base", [False, True], ids=["", "base middleware"])
    def test_a_server_that_tells(self, monitor, place, base):
        """Under spec 2.3 the response listens for the disconnect, and cancels its stream: 499."""
        app = streaming(endless)
        if base:
            app.add_middleware(BaseHTTPMiddleware, dispatch=passing)

        async def main():
            def on_send(message):
                if len(server.got) == 3:
                    server.leave()

            server = AsgiServer(http_scope(path="/1", spec_version="2.3"), on_send=on_send)
            return await server.run(place(app, monitor))

        answer = asyncio.run(main())

        assert None is answer.error
        assert counted(499) == requests(monitor)
        assert {} == exceptions(monitor)
        assert 0 == in_progress(monitor)

    @pytest.mark.parametrize("version", ["2.3", "2.4"])
    def test_a_stream_that_ends(self, clock, monitor, place, version):
        """A stream that comes to its end is what it was, however its response listens meanwhile."""

        async def parts():
            for _ in range(3):
                clock.advance(1)
                yield b"x"

        scope = http_scope(path="/1", spec_version=version)
        serve(place(streaming(parts, status_code=206), monitor), scope)

        assert counted(206) == requests(monitor)
        assert 3 == total(monitor, "mcp_http_request_duration_seconds_sum")

    @pytest.mark.parametrize("version", ["2.3", "2.4"])
    def test_a_stream_that_breaks(self, monitor, place, version):
        """A stream that breaks keeps its status, and the exception is counted and reaches the server."""
        boom = BoomError()

        async def parts():
            yield b"x"
            raise boom

        answer = serve(place(streaming(parts), monitor), http_scope(path="/1", spec_version=version))

        assert boom is root(answer.error)
        assert counted(200) == requests(monitor)
        assert 1 == sum(exceptions(monitor).values())


class TestBackground:
    @pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])
    @pytest.mark.parametrize("base", [False, True], ids=["", "base middleware"])
    def test_it_is_not_in_the_duration(self, clock, monitor, place, stream, base):
        """A background task runs after the last byte."""
        task = BackgroundTask(lambda: clock.advance(60))

        async def page(request):
            return (
                StreamingResponse(iter([b"x"]), background=task)
                if stream
                else PlainTextResponse("x", background=task)
            )

        app = Starlette(routes=[Route("/{x}", page)])
        if base:
            app.add_middleware(BaseHTTPMiddleware, dispatch=passing)
        serve(place(app, monitor), http_scope(path="/1"))

        assert 1_000_060 == clock.now
        assert counted(200) == requests(monitor)
        assert 0 == total(monitor, "mcp_http_request_duration_seconds_sum")

    def test_its_exception_is_counted(self, monitor, place):
        """What it raises reaches the server; the request was complete."""
        boom = BoomError()

        async def fail():
            raise boom

        async def page(request):
            return PlainTextResponse("x", background=BackgroundTask(fail))

        answer = serve(place(Starlette(routes=[Route("/{x}", page)]), monitor), http_scope(path="/1"))

        assert boom is answer.error
        assert counted(200) == requests(monitor)
        assert {("GET", "/{x}", "BoomError"): 1} == exceptions(monitor)
        assert 0 == in_progress(monitor)


class TestFastAPI:
    @pytest.mark.parametrize("raises", [False, True])
    def test_a_dependency_that_cleans_up(self, clock, monitor, place, raises):
        """What a dependency does after `yield` changes neither the status nor the count."""
        app = FastAPI()

        async def resource():
            try:
                yield 1
            finally:
                clock.advance(1)

        @app.get("/{x}")
        async def page(x: str, found: int = Depends(resource)):
            if raises:
                raise BoomError
            return found

        serve(place(app, monitor), http_scope(path="/1"))

        assert counted(500 if raises else 200) == requests(monitor)
        assert (1 if raises else 0) == sum(exceptions(monitor).values())
        assert 0 == in_progress(monitor)

    def test_an_exception_handled_for_all(self, monitor, place):
        """What `exception_handler(Exception)` answers is the status; the exception was nobody else's."""
        app = FastAPI()

        @app.exception_handler(Exception)
        async def handle(request, error):
            return PlainTextResponse("sorry", 503)

        @app.get("/{x}")
        async def page(x: str):
            raise BoomError

        answer = serve(place(app, monitor), http_scope(path="/1"))

        assert (503, BoomError) == (answer.status, type(answer.error))
        assert {("GET", "/{x}", "BoomError"): 1} == exceptions(monitor)
        # Within the application nobody knows yet what the handler around all middlewares will answer.
        assert counted(503 if place is around else 500) == requests(monitor)


class TestFiles:
    @pytest.mark.parametrize("extensions", [{}, {"http.response.pathsend": {}}], ids=["read", "path"])
    def test_a_file_is_sent_as_ever(self, tmp_path, monitor, place, extensions):
        """A file goes out whole, and by its path where the server can send that."""
        (tmp_path / "file").write_bytes(b"x" * 200_000)

        async def page(request):
            return FileResponse(tmp_path / "file")

        async def main():
            got = []
            for app in (Starlette(routes=routes), place(Starlette(routes=routes), monitor)):
                server = AsgiServer(http_scope(path="/1", extensions=extensions))
                await server.run(app)
                got.append(server.got)
            return got

        routes = [Route("/{x}", page)]
        bare, measured = asyncio.run(main())

        assert bare == measured
        assert counted(200) == requests(monitor)


def test_the_middleware_class_is_the_asgi_one_with_routes():
    """The same settings and the same protocol: Starlette's face adds nothing but the routes."""
    from mcp_perf.adapters import asgi

    assert issubclass(PerformanceMonitoringMiddleware, asgi.PerformanceMonitoringMiddleware)
