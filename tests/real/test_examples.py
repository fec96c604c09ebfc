"""The applications of ``examples/`` under real servers, after known numbers of requests."""

import json
import subprocess
from collections import Counter

import pytest
from support.examples import EXAMPLES
from support.load import counted
from support.readings import exceptions, in_progress, lost, requests, samples, series, value
from support.servers import settled

pytestmark = [
    pytest.mark.real,
    pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name),
]


@pytest.fixture
def server(example, loaded):
    return loaded(example)


def own(server):
    """The requests counted, without those for the metrics."""
    return {key: number for key, number in requests(server).items() if not key[1].startswith("/metrics")}


def test_every_request_is_counted_once(example, server):
    """The counter has exactly the requests that were sent, by method, route and status."""
    expected = counted(example.asks())

    assert expected == settled(lambda: own(server), expected), server.output()[-4000:]


def test_every_request_has_a_duration(example, server):
    """The histogram's count and its last bucket equal the counter, label set for label set."""
    expected = counted(example.asks())
    settled(lambda: own(server), expected)
    found = samples(server)
    name = "mcp_http_request_duration_seconds"

    for (method, route, status), number in expected.items():
        labels = frozenset({"method": method, "route": route, "status": status}.items())
        assert number == found[f"{name}_count", labels]
        assert number == found[f"{name}_bucket", labels | {("le", "+Inf")}]
        assert 0 < found[f"{name}_sum", labels]


def test_nothing_is_in_progress_afterwards(example, server):
    """When all the answers are there, no request and no workflow is under way, and nothing was lost."""
    assert 0 == settled(lambda: in_progress(server), 0), server.output()[-4000:]
    assert 0 == value(server, "mcp_active_workflows", workflow="show_user")
    assert 0 == lost(server)


def test_operations_and_steps_are_counted(example, server):
    """The database operation and the workflow step have run as often as a user was shown."""
    labels = {
        "mcp_db_operation": {"operation": "select", "table": "users", "status": "success"},
        "mcp_workflow_step": {"workflow": "show_user", "step": "find", "status": "success"},
    }

    for name, of in labels.items():
        assert [(of, example.found())] == series(server, f"{name}s_total")
        assert [(of, example.found())] == series(server, f"{name}_duration_seconds_count")


def test_uncaught_exceptions_are_counted(example, server):
    """An exception that no handler caught is counted by its class, at its route."""
    expected = {("GET", "/boom", "ValueError"): 15.0}

    assert expected == settled(lambda: exceptions(server), expected)


def test_the_summary_agrees(example, server):
    """The JSON page tells the same numbers as the metrics."""
    expected = counted(example.asks())
    settled(lambda: own(server), expected)
    http = json.loads(server.ask("/metrics/summary")[2])["http"]
    routes = [route for route in http["routes"] if not route["route"].startswith("/metrics")]

    by_route = Counter()
    for (method, route, _), number in expected.items():
        by_route[method, route] += number
    assert by_route == {(route["method"], route["route"]): route["requests"] for route in routes}
    assert 15 == http["errors"]


def test_promtool_has_nothing_to_complain_of(example, server, need):
    """``promtool check metrics`` accepts the page without a word."""
    promtool = need("promtool")
    _, page = server.render()
    check = subprocess.run([promtool, "check", "metrics"], input=page, capture_output=True, check=False)

    assert (0, b"", b"") == (check.returncode, check.stdout, check.stderr)
