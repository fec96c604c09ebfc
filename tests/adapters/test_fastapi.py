"""FastAPI holds the contract."""

import pytest
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse, Response, StreamingResponse
from support.asgi_contract import AsgiContract
from support.asgi_driver import http_scope, serve
from support.asgi_rules import Strict
from support.readings import exceptions, requests
from support.shop import HandledError, asynchronous

from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware, instrument


def router(shop):
    routes = APIRouter()

    @routes.api_route("/items/{item}", methods=["GET", "HEAD"])
    async def item(item: str):
        return Response(shop.item(item))

    @routes.get("/empty", status_code=204)
    async def empty():
        return Response(status_code=204)

    @routes.get("/stream")
    async def stream():
        return StreamingResponse(asynchronous(shop.parts()))

    @routes.get("/boom")
    async def boom():
        raise shop.boom

    @routes.get("/broken")
    async def broken():
        return StreamingResponse(asynchronous(shop.broken_parts()))

    @routes.get("/handled")
    async def handled():
        raise HandledError

    @routes.get("/endless")
    async def endless():
        return StreamingResponse(asynchronous(shop.endless_parts()))

    @routes.post("/echo")
    async def echo(request: Request):
        return Response(await request.body())

    @routes.get("/context")
    async def context():
        shop.look()
        return Response()

    return routes


def teapot(request, error):
    return PlainTextResponse("teapot", 418)


class TestFastAPI(AsgiContract):
    def bare(self, shop):
        app = FastAPI(exception_handlers={HandledError: teapot})
        app.include_router(router(shop))
        app.add_middleware(Strict)
        return app

    def make(self, shop, monitor, **settings):
        return instrument(self.bare(shop), "/unused", monitor, **settings)

    def serve(self, shop, monitor, path="/metrics"):
        return instrument(self.bare(shop), path, monitor)

    def stack(self, shop, monitor):
        app = self.bare(shop)
        for _ in range(2):
            app.add_middleware(PerformanceMonitoringMiddleware, monitor=monitor)
        return app

    def test_add_middleware_alone_measures(self, shop, monitor):
        """`app.add_middleware(PerformanceMonitoringMiddleware)` is all that it takes."""
        app = self.bare(shop)
        app.add_middleware(PerformanceMonitoringMiddleware, monitor=monitor)

        self.get(app, "item")

        assert {("GET", "/items/{item}", "200"): 1} == requests(monitor)

    def test_instrument_gives_back_the_application(self, shop, monitor):
        """`instrument` changes the application in place and returns it."""
        app = self.bare(shop)

        assert app is instrument(app, monitor=monitor)

    def test_what_is_no_application_is_refused(self, monitor):
        """`instrument` needs something that builds a stack of middlewares."""
        with pytest.raises(TypeError, match="app must be"):
            instrument(object(), monitor=monitor)

    @pytest.mark.parametrize("path", ["metrics", "", "/", None, 1])
    def test_a_wrong_path_is_refused(self, shop, monitor, path):
        """The path of the metrics app begins with a slash and has a name."""
        with pytest.raises(ValueError, match="path"):
            instrument(self.bare(shop), path, monitor)


class TestFastAPIWrapped(TestFastAPI):
    """The middleware around the whole application, instead of in it."""

    def make(self, shop, monitor, **settings):
        return PerformanceMonitoringMiddleware(self.bare(shop), monitor, **settings)

    def stack(self, shop, monitor):
        return PerformanceMonitoringMiddleware(self.make(shop, monitor), monitor)


def test_the_answer_of_a_handler_for_all_exceptions_counts(monitor):
    """What Starlette answers outside of all middlewares is what an instrumented application has answered."""
    app = instrument(FastAPI(), monitor=monitor)

    @app.exception_handler(Exception)
    async def handler(request, error):
        return PlainTextResponse("later", status_code=503)

    @app.get("/boom/{number}")
    async def boom(number: int):
        raise KeyError(number)

    answer = serve(app, http_scope(path="/boom/1"))

    assert isinstance(answer.error, KeyError)
    assert 503 == answer.status
    assert {("GET", "/boom/{number}", "503"): 1} == requests(monitor)
    assert {("GET", "/boom/{number}", "KeyError"): 1} == exceptions(monitor)


def test_an_application_that_has_started_is_not_instrumented(monitor):
    """`instrument` says that it comes too late, instead of measuring nothing."""
    app = FastAPI()
    serve(app, http_scope())

    with pytest.raises(RuntimeError, match="has started"):
        instrument(app, monitor=monitor)
