"""WebSockets of a real uvicorn."""

import pytest
from support.edges import having
from support.readings import requests, series, total, value
from support.servers import settled
from support.sockets import leave
from support.websocket import CLOSE, TEXT, closing, opened, receive, send, shake_hands

pytestmark = [
    pytest.mark.real,
    pytest.mark.parametrize("name", [name for name, _ in having(asgi_uvicorn="/", fastapi_uvicorn="/")]),
]


@pytest.fixture
def server(edge, name):
    return edge(name)


def ended(server, route):
    """How many connections of a route have ended with which code."""
    found = series(server, "mcp_websocket_connections_total", route=route)
    return {labels["code"]: number for labels, number in found}


def one_more(counts, code):
    return {**counts, code: counts.get(code, 0) + 1}


def active(server):
    return total(server, "mcp_websocket_connections_active")


@pytest.mark.parametrize(("sent", "code"), [(1001, "1001"), (4001, "_OTHER")])
def test_a_connection_is_active_until_it_is_closed(server, sent, code):
    """An accepted connection counts as active, and when the client closes it once by its code."""
    before = ended(server, "/echo")
    with opened(server, "/echo") as connection:
        send(connection, TEXT, b"hello")
        assert (TEXT, b"hello") == receive(connection)
        assert 1 == value(server, "mcp_websocket_connections_active", route="/echo")
        assert before == ended(server, "/echo")
        send(connection, CLOSE, closing(sent))
        assert CLOSE == receive(connection)[0]

    expected = one_more(before, code)
    assert expected == settled(lambda: ended(server, "/echo"), expected), server.output()
    assert 0 == active(server)


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_client_that_vanishes_has_left_abnormally(server, how):
    """A connection that breaks without a closing frame is counted once, and is not active any more."""
    before = ended(server, "/echo")
    with opened(server, "/echo") as connection:
        send(connection, TEXT, b"hello")
        receive(connection)
        leave(connection, how)

    assert 0 == settled(lambda: active(server), 0), server.output()
    # Servers say "no status" for it as well as "abnormal".
    assert ended(server, "/echo") in (one_more(before, "1006"), one_more(before, "1005"))


def test_the_application_closes_with_its_own_code(server):
    """A connection that the application closes is counted by the code that it gives."""
    before = ended(server, "/kicked")
    with opened(server, "/kicked") as connection:
        assert (CLOSE, closing(4002)) == receive(connection)
        send(connection, CLOSE, closing(4002))

    expected = one_more(before, "4002")
    assert expected == settled(lambda: ended(server, "/kicked"), expected), server.output()
    assert 0 == active(server)


def test_a_denied_handshake_is_counted_by_its_status(server):
    """A handshake that the application refuses is counted with the HTTP status that the client gets."""
    before = ended(server, "/denied")
    status, connection = shake_hands(server, "/denied")
    connection.close()

    assert 403 == status
    expected = one_more(before, "403")
    assert expected == settled(lambda: ended(server, "/denied"), expected), server.output()
    assert 0 == active(server)


def test_durations_are_those_of_accepted_connections(server):
    """There are as many durations as accepted connections that ended, and none of it is an HTTP request."""
    before = requests(server)
    with opened(server, "/echo") as connection:
        send(connection, CLOSE, closing(1000))
        receive(connection)
    settled(lambda: active(server), 0)

    name = "mcp_websocket_duration_seconds_count"
    assert sum(ended(server, "/echo").values()) == value(server, name, route="/echo")
    assert before == requests(server)
