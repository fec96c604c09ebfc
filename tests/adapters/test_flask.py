"""The contract, held by the Flask adapter."""

from typing import ClassVar
from wsgiref.validate import validator

import pytest
from flask import Flask, Response, request
from support.shop import HandledError
from support.wsgi_contract import WsgiContract

from mcp_perf.adapters.flask import PerformanceMonitoring

pytestmark = pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")


def application(shop):
    """The shop in Flask."""
    app = Flask(__name__)

    @app.get("/items/<item>")
    def item(item):
        return Response(shop.item(item))

    @app.get("/empty")
    def empty():
        answer = Response(status=204)
        del answer.headers["Content-Type"]  # the validator's wish
        return answer

    @app.get("/stream")
    def stream():
        return Response(shop.parts())

    @app.get("/boom")
    def boom():
        raise shop.boom

    @app.get("/broken")
    def broken():
        return Response(shop.broken_parts())

    @app.get("/handled")
    def handled():
        raise HandledError

    @app.errorhandler(HandledError)
    def handle(error):
        return "handled", 418

    @app.get("/endless")
    def endless():
        return Response(shop.endless_parts())

    @app.post("/echo")
    def echo():
        return Response(request.get_data())

    @app.get("/context")
    def context():
        shop.look()
        return "looked"

    app.wsgi_app = validator(app.wsgi_app)
    return app


class TestFlask(WsgiContract):
    """As in production: Flask answers an uncaught exception with a 500 of its own."""

    LETS_THROUGH = False
    OWN_TEMPLATES: ClassVar = {"item": "/items/<item>"}

    def bare(self, shop):
        return application(shop)

    def make(self, shop, monitor, **settings):
        return self.serve(shop, monitor, None, **settings)

    def serve(self, shop, monitor, path="/metrics", **settings):
        app = self.bare(shop)
        PerformanceMonitoring(app, monitor, path=path, **settings)
        return app

    def stack(self, shop, monitor):
        app = self.make(shop, monitor)
        PerformanceMonitoring(app, monitor, path=None)
        return app


class TestFlaskThatPropagates(TestFlask):
    """As in tests and debuggers: an uncaught exception goes through to the server."""

    LETS_THROUGH = True

    def bare(self, shop):
        app = super().bare(shop)
        app.config["PROPAGATE_EXCEPTIONS"] = True
        return app
