"""Small ASGI applications and the messages that they are made of."""

from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware
from support.asgi_rules import Strict

DISCONNECT = {"type": "http.disconnect"}


def start(status=200, **more):
    return {"type": "http.response.start", "status": status, "headers": [], **more}


def body(part=b"", more=False):
    return {"type": "http.response.body", "body": part, "more_body": more}


def sending(*messages, then=None):
    """An application that sends these messages and then calls `then` like an application."""

    async def app(scope, receive, send):
        for message in messages:
            await send(message)
        if then is not None:
            await then(scope, receive, send)

    return app


def measured(app, monitor, **settings):
    """`app` behind the middleware, with the protocol checked between the two."""
    return PerformanceMonitoringMiddleware(Strict(app), monitor, **settings)


def stranger(app, monitor, **settings):
    """`app` behind the middleware, where nobody minds the protocol."""
    return PerformanceMonitoringMiddleware(app, monitor, **settings)


async def receive():
    """The `receive` of a server that has nothing to say."""
    raise AssertionError("not to be called")


async def send(message):
    """The `send` of a server that wants to hear nothing."""
    raise AssertionError("not to be called")
