"""The contract, held by the plain WSGI middleware."""

from wsgiref.validate import validator

import pytest
from support.shop import HandledError
from support.wsgi_contract import WsgiContract

from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware, instrument

pytestmark = pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")

TEXT = [("Content-Type", "text/plain")]


def application(shop):
    """The shop without a framework."""

    def answer(environ, start_response):
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if path.startswith("/items/"):
            if method not in ("GET", "HEAD"):
                start_response("405 Method Not Allowed", TEXT)
                return [b"no"]
            start_response("200 OK", TEXT)
            return [shop.item(path.removeprefix("/items/"))]
        if path == "/empty":
            start_response("204 No Content", [])
            return []
        if path == "/boom":
            raise shop.boom
        if path == "/handled":
            raise HandledError
        if path == "/echo":
            body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("200 OK", TEXT)
            return [body]
        if path == "/context":
            shop.look()
            start_response("200 OK", TEXT)
            return [b"looked"]
        streams = {"/stream": shop.parts, "/broken": shop.broken_parts, "/endless": shop.endless_parts}
        if path in streams:
            start_response("200 OK", TEXT)
            return streams[path]()
        start_response("404 Not Found", TEXT)
        return [b"not found"]

    def app(environ, start_response):
        try:
            return answer(environ, start_response)
        except HandledError:
            start_response("418 I'm a teapot", TEXT)
            return [b"handled"]

    return app


class TestWsgi(WsgiContract):
    """With the validator of the standard library on both sides, which makes every body an iterator."""

    ROUTED = False

    def bare(self, shop):
        return validator(application(shop))

    def make(self, shop, monitor, **settings):
        return PerformanceMonitoringMiddleware(self.bare(shop), monitor, **settings)

    def serve(self, shop, monitor, path="/metrics"):
        return instrument(self.bare(shop), path, monitor)

    def stack(self, shop, monitor):
        return PerformanceMonitoringMiddleware(self.make(shop, monitor), monitor)


class TestWsgiLists(TestWsgi):
    """With the bodies as the application makes them, so that lists come as lists."""

    def bare(self, shop):
        return application(shop)
