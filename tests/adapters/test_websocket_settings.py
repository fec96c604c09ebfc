"""The settings of a middleware go for WebSockets too."""

import asyncio

import pytest
from support.asgi_driver import AsgiServer, serve, websocket_scope
from support.asgi_parts import measured, sending
from support.readings import lost, series
from support.shop import UNMATCHED
from support.websockets import ACCEPT, CONNECT, active, close, codes, durations, hear, left


def test_a_route_callable(monitor):
    """`route=` gives the label here too."""
    app = measured(sending(ACCEPT, close()), monitor, route=lambda scope: scope["path"])

    serve(app, websocket_scope("/chat"))

    assert {("/chat", "1000"): 1} == codes(monitor)
    assert [({"route": "/chat"}, 0)] == series(monitor, "mcp_websocket_connections_active")


@pytest.mark.parametrize("settings", [{"exclude": ["/chat"]}, {"exclude": ["/room"]}, {"exclude": ["*"]}])
def test_what_is_excluded_leaves_no_trace(monitor, settings):
    """`exclude` goes for paths and routes of WebSockets."""
    app = measured(sending(ACCEPT, close()), monitor, route=lambda scope: "/room", **settings)

    serve(app, websocket_scope("/chat"))

    assert {} == codes(monitor)
    assert [] == series(monitor, "mcp_websocket_connections_active")
    assert (0, 0) == durations(monitor)


@pytest.mark.parametrize("route", [lambda scope: 1 / 0, lambda scope: 7, lambda scope: []])
def test_a_faulty_route_callable(monitor, route):
    """It changes nothing for the connection, which is counted without its route."""
    app = measured(sending(ACCEPT, close()), monitor, route=route)

    assert None is serve(app, websocket_scope()).error

    assert {(UNMATCHED, "1000"): 1} == codes(monitor)
    assert 0 == active(monitor)
    assert 1 <= lost(monitor)


def test_one_monitor_twice_in_the_stack_counts_once(monitor):
    """The same monitor twice in the stack counts a connection once."""
    app = measured(measured(sending(ACCEPT, close(3000)), monitor), monitor)

    serve(app, websocket_scope())

    assert {(UNMATCHED, "3000"): 1} == codes(monitor)


def test_invented_codes_stay_within_the_cap(monitor):
    """Clients that invent codes do not blow the registry up."""

    async def main():
        app = measured(sending(ACCEPT, then=hear), monitor)
        for code in range(3000):
            await AsgiServer(websocket_scope(f"/{code}"), [CONNECT, left(code)]).run(app)

    asyncio.run(main())

    assert 2001 >= len(codes(monitor))
    assert 3000 == sum(codes(monitor).values())
