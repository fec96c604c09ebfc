"""``mcp-perf demo``, with nobody there but its own customers: what they do, and how it is seen."""

import json
import re

import pytest
from support.readings import exceptions, lost, requests, series, value

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def demo(start):
    """One demo for all tests, which only look at it."""
    return start()


def labels(demo, metric, *names):
    return {tuple(found[name] for name in names) for found, _ in series(demo, metric)}


def test_every_address_printed_answers(demo):
    """Each page that is announced is there, and answers as announced."""
    pages = demo.pages()
    statuses = {path: demo.ask(path)[0] for path in pages if path != "/orders"}
    expected = {
        **dict.fromkeys(("/", "/products", "/products/1", "/search?q=tea", "/export"), 200),
        "/fail": 500,
        "/no/such/page": 404,
        "/metrics": 200,
        "/metrics/dashboard": 200,
        "/metrics/summary": 200,
    }
    assert expected == statuses
    assert "/orders" in pages


def test_the_front_page_leads_everywhere(demo):
    """Whoever opens the first address finds all the others from there."""
    links = set(re.findall(r'(?:href|action)="([^"]+)"', demo.ask("/")[1].decode()))
    assert set(demo.pages()) - {"/"} == links


def test_customers_use_every_route(demo):
    """Fast, slow, streaming, failing and unknown pages are all seen without anybody's doing."""
    expected = {
        ("GET", "/", "200"),
        ("GET", "/products", "200"),
        ("GET", "/products/<int:product_id>", "200"),
        ("GET", "/products/<int:product_id>", "404"),
        ("GET", "/search", "200"),
        ("GET", "/export", "200"),
        ("GET", "/export", "499"),
        ("GET", "/fail", "500"),
        ("POST", "/orders", "201"),
        ("POST", "/orders", "402"),
        ("GET", "<unmatched>", "404"),
    }
    demo.until(lambda: expected <= requests(demo).keys())


def test_failures_are_told_by_their_class(demo):
    """An exception that nobody handles is counted as such."""
    demo.until(lambda: ("GET", "/fail", "DeliberateError") in exceptions(demo))


def test_database_operations_are_measured(demo):
    """Each sort of statement shows, by operation and table."""
    expected = {
        ("select", "products"),
        ("select_one", "products"),
        ("search", "products"),
        ("update", "products"),
        ("insert", "orders"),
        ("insert", "order_lines"),
        ("update", "orders"),
        ("select", "order_lines"),
    }
    demo.until(lambda: expected <= labels(demo, "mcp_db_operations_total", "operation", "table"))


def test_workflow_steps_are_measured(demo):
    """The checkout's steps show, and so do their failures."""
    expected = {
        ("reserve", "success"),
        ("charge", "success"),
        ("charge", "error"),
        ("ship", "success"),
    }
    demo.until(lambda: expected <= labels(demo, "mcp_workflow_steps_total", "step", "status"))


def test_active_workflows_are_seen_active(demo):
    """A checkout takes long enough to be seen under way."""
    demo.until(lambda: value(demo, "mcp_active_workflows", workflow="checkout"))


def test_other_calls_are_measured(demo):
    """`monitor_call` has something to show too."""
    demo.until(lambda: value(demo, "mcp_calls_total", name="rank_results", status="success"))


def test_the_summary_tells_the_same(demo):
    """The JSON is that of the shop and has all its sections filled."""

    def is_full():
        summary = json.loads(demo.ask("/metrics/summary")[1])
        assert "shop demo" == summary["service"]
        return (
            summary["http"]["routes"] and summary["database"]["operations"] and summary["workflows"]["steps"]
        )

    demo.until(is_full)


def test_an_order_can_be_placed(demo):
    """The printed command line places an order, at the latest at the third attempt."""
    attempts = [demo.ask("/orders", "POST", "product_id=1")[0] for _ in range(3)]
    assert 201 in attempts
    assert 400 == demo.ask("/orders", "POST", "product_id=1&quantity=-1")[0]


def test_a_wrong_method_keeps_its_route(demo):
    """405 on a page that exists is told under its template."""
    assert 405 == demo.ask("/products/5", "DELETE")[0]
    demo.until(lambda: ("DELETE", "/products/<int:product_id>", "405") in requests(demo))


def test_nothing_is_lost_and_nothing_complains(demo):
    """The deliberate failures leave the terminal alone, and the measuring has no fault."""
    demo.until(lambda: ("GET", "/fail", "500") in requests(demo))
    assert 0 == lost(demo)
    assert "" == demo.errors


def test_a_plain_line_tells_what_happens(demo):
    """Where there is no terminal, whole lines are written, and nothing is overwritten."""
    parts = [
        r"^0:\d\d",
        "[0-9,]+ requests",
        ".*/s",
        ".* errors",
        "p50 .*",
        "p95 .*",
        r"\d+ workflows? active",
    ]
    line = "  +".join([*parts, "[0-9,]+ database operations$"])
    demo.until(lambda: re.search(line, demo.output, re.MULTILINE))
    assert "\r" not in demo.output
