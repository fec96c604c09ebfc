"""The whole toolkit in one application, as a user puts it together: HTTP, database, workflow, endpoints."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.readings import in_progress, requests, samples, value

from mcp_perf import PerformanceMonitor, monitor_call, monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.asgi import instrument as instrument_asgi
from mcp_perf.adapters.wsgi import instrument as instrument_wsgi

CONTRACT = {
    "mcp_http_requests_total": ("counter", {"method", "route", "status"}),
    "mcp_http_request_duration_seconds": ("histogram", {"method", "route", "status"}),
    "mcp_http_requests_in_progress": ("gauge", {"method"}),
    "mcp_http_time_to_first_byte_seconds": ("histogram", {"method", "route"}),
    "mcp_http_request_size_bytes": ("histogram", {"method", "route"}),
    "mcp_http_response_size_bytes": ("histogram", {"method", "route"}),
    "mcp_http_exceptions_total": ("counter", {"method", "route", "exception"}),
    "mcp_websocket_connections_active": ("gauge", {"route"}),
    "mcp_websocket_connections_total": ("counter", {"route", "code"}),
    "mcp_websocket_duration_seconds": ("histogram", {"route"}),
    "mcp_db_operations_total": ("counter", {"operation", "table", "status"}),
    "mcp_db_operation_duration_seconds": ("histogram", {"operation", "table", "status"}),
    "mcp_workflow_steps_total": ("counter", {"workflow", "step", "status"}),
    "mcp_workflow_step_duration_seconds": ("histogram", {"workflow", "step", "status"}),
    "mcp_active_workflows": ("gauge", {"workflow"}),
}


class Shop:
    """A shop on SQLite with one page for each thing that is measured; `handle` knows no server interface."""

    def __init__(self, monitor: PerformanceMonitor) -> None:
        self.database = sqlite3.connect(":memory:", check_same_thread=False)
        self.database.execute("create table orders (id integer primary key, item text)")
        self.insert = monitor_db_operation("insert", "orders", monitor=monitor)(self._insert)
        self.pay = monitor_workflow_step("checkout", "pay", monitor=monitor)(self._pay)
        self.ship = monitor_workflow_step("checkout", "ship", monitor=monitor)(self._ship)
        self.mail = monitor_call("mail", labels={"kind": "receipt"}, monitor=monitor)(lambda: None)

    def _insert(self, item: str) -> int:
        return self.database.execute("insert into orders (item) values (?)", (item,)).lastrowid or 0

    def _pay(self, item: str) -> int:
        if item == "unpaid":
            raise PermissionError("no money")
        return self.insert(item)

    def _ship(self) -> None:
        self.mail()

    def handle(self, path: str) -> tuple[int, bytes]:
        if not path.startswith("/orders/"):
            return 404, b"not found"
        number = self.pay(path.removeprefix("/orders/"))
        self.ship()
        return 201, str(number).encode()


def route(source: dict) -> str | None:
    path = source.get("path") or source.get("PATH_INFO")
    return "/orders/{item}" if path.startswith("/orders/") else None


class Asgi:
    def __init__(self, monitor: PerformanceMonitor) -> None:
        shop = self.shop = Shop(monitor)

        async def app(scope, receive, send):
            status, body = shop.handle(scope["path"])
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": body})

        self.app = instrument_asgi(
            app, monitor=monitor, route=route, time_to_first_byte=True, response_size=True
        )

    def get(self, path: str) -> tuple[int, bytes]:
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b""}
        asyncio.run(self.app(scope, receive, send))
        return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


class Wsgi:
    def __init__(self, monitor: PerformanceMonitor) -> None:
        shop = self.shop = Shop(monitor)

        def app(environ, start_response):
            status, body = shop.handle(environ["PATH_INFO"])
            start_response(f"{status} x", [])
            return [body]

        self.app = instrument_wsgi(
            app, monitor=monitor, route=route, time_to_first_byte=True, response_size=True
        )

    def get(self, path: str) -> tuple[int, bytes]:
        told = []
        result = self.app(
            {"REQUEST_METHOD": "GET", "PATH_INFO": path}, lambda status, headers: told.append(status)
        )
        return int(told[0][:3]), b"".join(result)


@pytest.fixture(params=[Asgi, Wsgi])
def shop(request, monitor):
    shop = request.param(monitor)
    yield shop
    shop.shop.database.close()


@pytest.fixture
def visited(shop):
    """The shop after three orders, one that nobody pays for, and five visits of a scanner."""
    for item in "abc":
        assert 201 == shop.get(f"/orders/{item}")[0]
    with pytest.raises(PermissionError):
        shop.get("/orders/unpaid")
    for number in range(5):
        assert 404 == shop.get(f"/.env{number}")[0]
    return shop


def test_requests(visited, monitor) -> None:
    """Requests are counted by method, template and status, each once, and none is in progress."""
    expected = {
        ("GET", "/orders/{item}", "201"): 3,
        ("GET", "/orders/{item}", "500"): 1,
        ("GET", "<unmatched>", "404"): 5,
    }

    assert expected == requests(monitor)
    assert 0 == in_progress(monitor)
    assert 1 == value(
        monitor,
        "mcp_http_exceptions_total",
        method="GET",
        route="/orders/{item}",
        exception="PermissionError",
    )


def test_database(visited, monitor) -> None:
    """Database operations are counted by operation, table and outcome."""
    assert 3 == value(
        monitor, "mcp_db_operations_total", operation="insert", table="orders", status="success"
    )


def test_workflow(visited, monitor) -> None:
    """Workflow steps are counted by workflow, step and outcome; no run is active any more."""
    counted = {
        (labels["step"], labels["status"]): number
        for (name, found), number in samples(monitor).items()
        if name == "mcp_workflow_steps_total" and (labels := dict(found))["workflow"] == "checkout"
    }

    assert {("pay", "success"): 3, ("pay", "error"): 1, ("ship", "success"): 3} == counted
    assert 0 == value(monitor, "mcp_active_workflows", workflow="checkout")


def test_metrics_endpoint(visited, monitor) -> None:
    """``/metrics`` gives everything under the names and labels of the contract, and reads back."""
    status, body = visited.get("/metrics")
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}

    assert 200 == status
    for name, (kind, labels) in CONTRACT.items():
        family = families.get(name) or families.get(name.removesuffix("_total"))
        if family is None:
            assert name.startswith("mcp_websocket") or name == "mcp_http_request_size_bytes"
            continue
        assert kind == family.type
        assert all(labels == set(sample.labels) - {"le"} for sample in family.samples)


def test_summary_endpoint(visited, monitor) -> None:
    """``/metrics/summary`` tells the same as ``/metrics``, as JSON."""
    status, body = visited.get("/metrics/summary")
    summary = json.loads(body)

    assert 200 == status
    http = summary["http"]
    assert (9, 1, 1 / 9, 0) == (http["requests"], http["errors"], http["error_rate"], http["in_progress"])
    by_route = {route["route"]: route for route in http["routes"]}
    assert {"201": 3, "500": 1} == by_route["/orders/{item}"]["statuses"]
    assert {"404": 5} == by_route["<unmatched>"]["statuses"]
    assert 3 == summary["database"]["operations"][0]["count"]
    assert {("pay", 4), ("ship", 3)} == {
        (step["step"], step["count"]) for step in summary["workflows"]["steps"]
    }
    assert {"checkout": 0} == summary["workflows"]["active"]
    assert ["mcp_calls_total"] == [metric["name"] for metric in summary["custom"]]


def test_own_endpoints_leave_no_trace(visited, monitor) -> None:
    """Scrapes are not requests of the application."""
    before = requests(monitor)
    for path in ("/metrics", "/metrics/", "/metrics/summary", "/metrics/nope"):
        visited.get(path)

    assert before == requests(monitor)


def test_two_applications_share_nothing(clock) -> None:
    """Two monitors in one process know nothing of each other."""
    first, second = (PerformanceMonitor(registry=None, clock=clock.clock) for _ in range(2))
    shop = Asgi(first)
    shop.get("/orders/a")
    shop.shop.database.close()

    assert {("GET", "/orders/{item}", "201"): 1} == requests(first)
    assert {} == requests(second)
