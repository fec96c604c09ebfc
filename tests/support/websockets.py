"""WebSocket messages, and what a monitor has counted of connections."""

from support.readings import series, total

CONNECT = {"type": "websocket.connect"}
ACCEPT = {"type": "websocket.accept"}
DENIAL = {"extensions": {"websocket.http.response": {}}}


def close(code=None):
    return {"type": "websocket.close"} | ({} if code is None else {"code": code})


def left(code=None):
    return {"type": "websocket.disconnect"} | ({} if code is None else {"code": code})


def codes(monitor):
    """The connections counted, by route and code."""
    return {
        (labels["route"], labels["code"]): number
        for labels, number in series(monitor, "mcp_websocket_connections_total")
    }


def active(monitor):
    return total(monitor, "mcp_websocket_connections_active")


def durations(monitor):
    return (
        total(monitor, "mcp_websocket_duration_seconds_count"),
        total(monitor, "mcp_websocket_duration_seconds_sum"),
    )


async def hear(scope, receive, send):
    """Listen until the client has gone."""
    while (await receive())["type"] != "websocket.disconnect":
        pass
