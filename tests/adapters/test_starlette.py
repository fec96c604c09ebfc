"""Starlette holds the contract."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from support.asgi_contract import AsgiContract
from support.asgi_rules import Strict
from support.shop import HandledError, asynchronous

from mcp_perf.adapters.fastapi import PerformanceMonitoringMiddleware, instrument


def routes(shop):
    async def item(request):
        return Response(shop.item(request.path_params["item"]))

    async def empty(request):
        return Response(status_code=204)

    async def stream(request):
        return StreamingResponse(asynchronous(shop.parts()))

    async def boom(request):
        raise shop.boom

    async def broken(request):
        return StreamingResponse(asynchronous(shop.broken_parts()))

    async def handled(request):
        raise HandledError

    async def endless(request):
        return StreamingResponse(asynchronous(shop.endless_parts()))

    async def echo(request):
        return Response(await request.body())

    async def context(request):
        shop.look()
        return Response()

    return [
        Route("/items/{item}", item),
        Route("/empty", empty),
        Route("/stream", stream),
        Route("/boom", boom),
        Route("/broken", broken),
        Route("/handled", handled),
        Route("/endless", endless),
        Route("/echo", echo, methods=["POST"]),
        Route("/context", context),
    ]


def teapot(request, error):
    return PlainTextResponse("teapot", 418)


class TestStarlette(AsgiContract):
    def bare(self, shop):
        app = Starlette(routes=routes(shop), exception_handlers={HandledError: teapot})
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


class TestStarletteWrapped(TestStarlette):
    """The middleware around the whole application, instead of in it."""

    def make(self, shop, monitor, **settings):
        return PerformanceMonitoringMiddleware(self.bare(shop), monitor, **settings)

    def stack(self, shop, monitor):
        return PerformanceMonitoringMiddleware(self.make(shop, monitor), monitor)
