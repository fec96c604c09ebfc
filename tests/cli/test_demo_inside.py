"""The rooms of the demo, entered in this process: quick, on every Python."""

import re
import threading

import pytest
from support.readings import in_progress, lost, requests, series, value
from werkzeug.test import Client

import mcp_perf
from mcp_perf.cli import main
from mcp_perf.summary import summarise


@pytest.fixture
def monitor():
    """The default monitor, new, for the shop to be measured by, and another new one afterwards."""
    yield mcp_perf.configure(registry=None)
    mcp_perf.configure()


@pytest.fixture
def shop(monitor):
    """A client of the open shop."""
    from mcp_perf.demo.opening import open_shop

    with open_shop() as app:
        yield Client(app)


def statuses(monitor, metric, *names):
    return {tuple(labels[name] for name in names): number for labels, number in series(monitor, metric)}


def test_every_page_answers_and_is_counted_under_its_template(monitor, shop):
    """Found, unknown, wrong method, failing: each request counts once, where a user looks for it."""
    asked = [
        ("GET", "/", 200, "/"),
        ("GET", "/products", 200, "/products"),
        ("GET", "/products/3", 200, "/products/<int:product_id>"),
        ("GET", "/products/4711", 404, "/products/<int:product_id>"),
        ("POST", "/products/3", 405, "/products/<int:product_id>"),
        ("GET", "/products/three", 404, "<unmatched>"),
        ("GET", "/search?q=tea", 200, "/search"),
        ("GET", "/export", 200, "/export"),
        ("GET", "/fail", 500, "/fail"),
        ("GET", "/.env", 404, "<unmatched>"),
    ]
    expected = {}
    for method, path, status, route in asked:
        assert status == shop.open(path, method=method, buffered=True).status_code, path
        key = (method, route, str(status))
        expected[key] = expected.get(key, 0) + 1
    assert expected == requests(monitor)
    assert 0 == in_progress(monitor)
    assert 0 == lost(monitor)


def test_the_export_is_a_stream_of_lines(shop):
    """The file comes in many chunks, and all of it is a table of four columns."""
    chunks = list(shop.get("/export", buffered=False).iter_encoded())
    lines = b"".join(chunks).decode().splitlines()
    assert len(chunks) > 10
    assert "order,product,quantity,price" == lines[0]
    assert all(3 == line.count(",") for line in lines)


def test_an_export_that_is_given_up_is_no_success(monitor, shop):
    """The client that goes away is 499, and its statement is cancelled."""
    response = shop.get("/export", buffered=False)
    next(iter(response.response))
    response.close()
    assert {("GET", "/export", "499"): 1} == requests(monitor)


def test_orders_take_their_steps_until_the_bank_declines(monitor, shop):
    """Six orders are paid, the seventh is declined, and its goods go back on the shelf."""
    answers = [shop.post("/orders", data={"product_id": 8}).status_code for _ in range(7)]
    assert [201] * 6 + [402] == answers
    expected = {
        ("reserve", "success"): 7,
        ("charge", "success"): 6,
        ("charge", "error"): 1,
        ("ship", "success"): 6,
    }
    assert expected == statuses(monitor, "mcp_workflow_steps_total", "step", "status")
    assert 0 == value(monitor, "mcp_active_workflows", workflow="checkout")


def test_an_order_of_too_much_has_more_delivered(monitor, shop):
    """The shelf is not emptied below nothing: the statement fails, the step fails, the call is counted."""
    stock = shop.get("/products/1").json["stock"]
    assert 409 == shop.post("/orders", data={"product_id": 1, "quantity": stock + 1}).status_code
    assert shop.get("/products/1").json["stock"] > stock
    labels = {"operation": "update", "table": "products", "status": "error"}
    assert 1 == value(monitor, "mcp_db_operations_total", **labels)
    assert 1 == value(
        monitor, "mcp_workflow_steps_total", workflow="checkout", step="reserve", status="error"
    )
    assert 1 == value(monitor, "mcp_calls_total", name="restock", status="success")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({}, 400),
        ({"product_id": "tea"}, 400),
        ({"product_id": 1, "quantity": 0}, 400),
        ({"product_id": [1, 2], "quantity": 1}, 400),
        ({"product_id": 4711}, 404),
    ],
)
def test_a_wrong_order_is_refused(monitor, shop, form, status):
    """It takes no step of the workflow."""
    assert status == shop.post("/orders", data=form).status_code
    assert [] == series(monitor, "mcp_workflow_steps_total")


def test_the_whole_demo_leaves_nothing_running(monitor, signals, capsys):
    """The shop, its server and its customers open, work and close."""
    before = set(threading.enumerate())
    assert 0 == main(["demo", "--port", "0", "--seconds", "0.8"])
    assert not [thread.name for thread in set(threading.enumerate()) - before if not thread.daemon]
    said = capsys.readouterr()
    assert "" == said.err
    assert int(re.search(r"^  (\d+) request", said.out, re.MULTILINE).group(1)) > 0


@pytest.mark.parametrize("width", [1, 10, 40, 77, 80, 109, 110, 200])
def test_the_live_line_fits_any_width(shop, monitor, width):
    """What does not fit is left out whole, the most important part cut only where nothing else is left."""
    from mcp_perf.demo.words import live_line

    shop.get("/products")
    line = live_line(summarise(monitor.snapshot()), 12345.6, width)
    assert 0 < len(line) <= width
    assert line.startswith("0:00"[:width])


def test_times_are_told_briefly():
    """Digits only as far as they matter."""
    from mcp_perf.demo.words import clock, duration, span

    assert ["-", "0.0 ms", "4.2 ms", "42 ms", "420 ms", "4.2 s"] == [
        duration(seconds) for seconds in (None, 0.0, 0.0042, 0.042, 0.42, 4.2)
    ]
    assert ["0:00", "1:01", "1:00:01"] == [clock(seconds) for seconds in (0.4, 61.9, 3601)]
    assert ["0.5 s", "90 s", "2:00"] == [span(seconds) for seconds in (0.5, 90.0, 120.0)]
