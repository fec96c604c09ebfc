"""Servers that are told to stop while they answer."""

import signal
from types import SimpleNamespace

import pytest
from support.edges import EDGES
from support.readings import in_progress, requests
from support.servers import APPS, running, settled, uvicorn
from support.sockets import begin_upload, rest_of

pytestmark = pytest.mark.real

FAREWELL = "--- metrics at exit ---\n"
# Uvicorn ends itself by SIGTERM once it has been sent one, and what is to be done at exit is not done.
STOPS = {
    "uvicorn": (signal.SIGINT, "Shutting down"),
    "gunicorn": (signal.SIGTERM, "Handling signal: term"),
}
UPLOADS = (
    "asgi-uvicorn-h11",
    "fastapi-uvicorn-httptools",
    "django-uvicorn-httptools",
    "wsgi-gunicorn-sync",
    "flask-gunicorn-gthread",
    "django-gunicorn-gthread",
)


def farewell(server):
    """The metrics that the server has printed at its very end, for `support.readings`."""
    text = server.output()
    assert FAREWELL in text, text
    page = text.partition(FAREWELL)[2].partition("# EOF")[0]
    metrics = "".join(line + "\n" for line in page.splitlines() if line.startswith(("#", "mcp_")))
    return SimpleNamespace(render=lambda names: ("text/plain", metrics.encode()))


@pytest.mark.parametrize("name", UPLOADS)
def test_a_request_in_flight_is_answered_and_counted(name):
    """A graceful stop waits for the request that is being answered, which is counted like any other."""
    stop, sign = STOPS[name.split("-")[1]]
    with running(EDGES[name]) as server, begin_upload(server, "/upload", 8) as connection:
        connection.sendall(b"1234")
        server.terminate(stop)
        assert settled(lambda: sign in server.output(), True), server.output()
        connection.sendall(b"5678")
        answer = rest_of(connection)
        server.wait()

        assert (200, b"8") == answer, server.output()
        assert {("POST", "/upload", "200"): 1.0} == requests(farewell(server))
        assert 0 == in_progress(farewell(server))


@pytest.mark.parametrize("app", ["asgi", "fastapi"])
def test_a_request_that_the_stop_cuts_off_counts_as_499(app):
    """A request that uvicorn cancels, since it would not end in time, is counted as cancelled."""
    command = uvicorn(f"edges_{app}:app", "--timeout-graceful-shutdown", "1", directory=APPS)
    with running(command) as server, server.connect() as connection:
        connection.sendall(b"GET /hang HTTP/1.1\r\nHost: test\r\n\r\n")
        assert 1 == settled(lambda: in_progress(server), 1)
        server.terminate(signal.SIGINT)
        server.wait()

        assert {("GET", "/hang", "499"): 1.0} == requests(farewell(server))
        assert 0 == in_progress(farewell(server))
