"""Spans on their way out of real servers, by the real SDK, into a real receiver of OTLP."""

import pytest
from support.servers import APPS, gunicorn, running, settled, uvicorn

pytestmark = pytest.mark.real

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
THREADS = gunicorn("traced:wsgi", "--threads", "4", worker="gthread", directory=APPS)
SERVERS = {
    "uvicorn": (uvicorn("traced:asgi", directory=APPS), "{uid}"),
    "gunicorn gthread": (THREADS, "<int:uid>"),
}


@pytest.fixture
def collector(collector, monkeypatch):
    """As for all, told of a service by its name."""
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    return collector


def tree(collector):
    """How often each span came, as its name and that of its parent: the id of a remote one."""
    spans = [span for span, _ in collector.spans()]
    names = {span.span_id: span.name for span in spans}
    found = {}
    for span in spans:
        parent = names.get(span.parent_span_id, span.parent_span_id.hex() or None)
        found[span.name, parent] = found.get((span.name, parent), 0) + 1
    return found


def ask(server, path):
    status, _, _ = server.ask(path, headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    assert 200 == status


@pytest.mark.parametrize("name", SERVERS)
def test_what_a_client_has_begun_arrives_whole(name, collector):
    """Requests, operations, steps and streams have their places in the client's trace."""
    command, parameter = SERVERS[name]
    with running(command) as server:
        for path in ("/users/1", "/threads/1", "/rows"):
            ask(server, path)
        users, threads = f"GET /users/{parameter}", f"GET /threads/{parameter}"
        expected = {
            (users, PARENT): 1,
            ("select users", users): 1,
            (threads, PARENT): 1,
            ("checkout pay", threads): 1,
            ("select users", "checkout pay"): 1,
            ("GET /rows", PARENT): 1,
            ("select users", "GET /rows"): 3,
        }
        assert expected == settled(lambda: tree(collector), expected), server.output()[-3000:]

    assert {TRACE} == {span.trace_id.hex() for span, _ in collector.spans()}
    assert {"shop"} == {resource["service.name"] for _, resource in collector.spans()}
