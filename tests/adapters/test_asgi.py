"""Plain ASGI holds the contract."""

from support.asgi_contract import AsgiContract
from support.asgi_rules import Strict
from support.shop import HandledError

from mcp_perf.adapters.asgi import PerformanceMonitoringMiddleware, instrument


async def respond(send, status, *parts):
    await send({"type": "http.response.start", "status": status, "headers": [(b"x-shop", b"yes")]})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def stream(send, parts):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body"})


async def read(receive):
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


def bare_app(shop):
    """The shop without a framework: it answers by the path alone."""

    async def answer(scope, receive, send):
        match scope["path"].split("/")[1:]:
            case ["items", _] if scope["method"] not in ("GET", "HEAD"):
                await respond(send, 405)
            case ["items", item]:
                await respond(send, 200, shop.item(item))
            case ["empty"]:
                await respond(send, 204)
            case ["stream"]:
                await stream(send, shop.parts())
            case ["boom"]:
                raise shop.boom
            case ["broken"]:
                await stream(send, shop.broken_parts())
            case ["handled"]:
                raise HandledError
            case ["endless"]:
                await stream(send, shop.endless_parts())
            case ["echo"]:
                await respond(send, 200, await read(receive))
            case ["context"]:
                shop.look()
                await respond(send, 200)
            case _:
                await respond(send, 404)

    async def app(scope, receive, send):
        try:
            await answer(scope, receive, send)
        except HandledError:
            await respond(send, 418)

    return Strict(app)


class TestAsgi(AsgiContract):
    ROUTED = False

    def bare(self, shop):
        return bare_app(shop)

    def make(self, shop, monitor, **settings):
        return self.measured(bare_app(shop), monitor, **settings)

    def serve(self, shop, monitor, path="/metrics"):
        return instrument(bare_app(shop), path, monitor)

    def stack(self, shop, monitor):
        return self.measured(self.make(shop, monitor), monitor)

    def measured(self, app, monitor, **settings):
        return PerformanceMonitoringMiddleware(app, monitor, **settings)


class TestAsgiWithRoutes(TestAsgi):
    """The same application, whose routes are told by a callable."""

    ROUTED = True

    def measured(self, app, monitor, **settings):
        own = settings.get("route")
        if own is None:
            settings["route"] = route
        elif callable(own):
            settings["route"] = lambda scope: route(scope) if (told := own(scope)) is None else told
        return super().measured(app, monitor, **settings)

    def serve(self, shop, monitor, path="/metrics"):
        return instrument(bare_app(shop), path, monitor, route=route)


def route(scope):
    """What a user without a router would write."""
    match scope["path"].split("/")[1:]:
        case ["items", _]:
            return "/items/{item}"
        case ["empty" | "stream" | "boom" | "broken" | "handled" | "endless" | "echo" | "context"]:
            return scope["path"]
    return None
