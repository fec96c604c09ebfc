"""The access rules of the metrics app, through its faces."""

from __future__ import annotations

import asyncio

import pytest

from mcp_perf import PerformanceMonitor
from mcp_perf.access import any_of, basic, bearer, networks
from mcp_perf.adapters import asgi, wsgi
from mcp_perf.endpoint import Endpoint, Request


def through_asgi(monitor, path="/metrics", method="GET", client="127.0.0.1", **headers):
    sent = []

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "client": (client, 1) if client else None,
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(asgi.metrics_app(monitor)(scope, None, send))
    start, *parts = sent
    fields = {name.decode().title(): value.decode() for name, value in start["headers"]}
    return start["status"], fields, b"".join(part.get("body", b"") for part in parts)


def through_wsgi(monitor, path="/metrics", method="GET", client="127.0.0.1", **headers):
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "REMOTE_ADDR": client}
    environ |= {"HTTP_" + name.upper(): value for name, value in headers.items()}
    begun = []
    body = b"".join(wsgi.metrics_app(monitor)(environ, lambda *args: begun.append(args)))
    ((status, fields),) = begun
    return int(status[:3]), {name.title(): value for name, value in fields}, body


@pytest.fixture(params=[through_asgi, through_wsgi], ids=["asgi", "wsgi"])
def ask(request):
    return request.param


def test_token_opens_all_pages(ask) -> None:
    """One rule is for all pages: 401 with what to send without the token, the page with it."""
    monitor = PerformanceMonitor(registry=None, access=bearer("secret"))
    for path in ("/metrics", "/metrics/summary"):
        status, headers, body = ask(monitor, path)
        assert (401, True) == (status, headers["Www-Authenticate"].startswith("Bearer "))
        assert b"secret" not in body
        assert 401 == ask(monitor, path, authorization="Bearer other")[0]
        assert 200 == ask(monitor, path, authorization="Bearer secret")[0]


def test_each_page_has_its_own_rule(ask) -> None:
    """A page may be open where another one is not."""
    monitor = PerformanceMonitor(registry=None, access={"summary": networks("10.0.0.0/8")})

    assert 200 == ask(monitor)[0]
    assert 403 == ask(monitor, "/metrics/summary")[0]
    assert 200 == ask(monitor, "/metrics/summary", client="10.1.2.3")[0]


def test_refusal_comes_before_anything_else_is_told(ask) -> None:
    """Whoever may not read learns nothing of methods; what is not there is so for everybody."""
    monitor = PerformanceMonitor(registry=None, access=bearer("secret"))

    assert 401 == ask(monitor, method="POST")[0]
    assert 405 == ask(monitor, method="POST", authorization="Bearer secret")[0]
    assert 404 == ask(monitor, "/metrics/nothing")[0]


@pytest.mark.parametrize("is_async", [False, True])
def test_function_decides(ask, is_async) -> None:
    """One's own function, plain or async, sees the request and decides."""

    def decide(request):
        return request.header("x-role") == "admin"

    async def decide_async(request):
        await asyncio.sleep(0)
        return decide(request)

    monitor = PerformanceMonitor(registry=None, access=decide_async if is_async else decide)

    assert 403 == ask(monitor)[0]
    assert 200 == ask(monitor, x_role="admin")[0]


def test_several_ways_are_told_together(ask) -> None:
    """Where one of several rules suffices, all challenges are named."""
    access = any_of(bearer("secret"), basic({"ada": "lovelace"}))
    status, headers, _ = ask(PerformanceMonitor(registry=None, access=access))

    assert 401 == status
    assert "Www-Authenticate" in headers


def test_secrets_are_nowhere_in_the_settings() -> None:
    """Neither the monitor nor its settings show a token."""
    monitor = PerformanceMonitor(registry=None, access=bearer("s3cret"))

    assert "s3cret" not in repr(monitor) + repr(monitor.settings) + str(vars(monitor.settings))


def test_wrong_rule_is_refused_at_once() -> None:
    """A rule that is none, or for a page that is none, is an error when the monitor is made."""
    with pytest.raises(ValueError, match="access"):
        PerformanceMonitor(registry=None, access="secret")
    with pytest.raises(ValueError, match="access must name pages"):
        PerformanceMonitor(registry=None, access={"metric": bearer("secret")})


def test_head_without_token_has_no_body() -> None:
    """HEAD is refused as GET is, without a body."""
    endpoint = Endpoint(PerformanceMonitor(registry=None, access=bearer("secret")))

    assert (401, b"") == (
        endpoint.answer(Request("HEAD", "")).status,
        endpoint.answer(Request("HEAD", "")).body,
    )
