"""The label `route` in FastAPI where several things meet, or change."""

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.responses import PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route
from support.asgi_parts import body, sending, start
from support.fastapi_apps import BELOW, application, mounted, nested, plain_page, router
from support.readings import requests
from support.routes import UNMATCHED, Routed, inside

from mcp_perf import PerformanceMonitor


def test_one_router_included_under_two_prefixes(place):
    """Each prefix has its label."""
    users = router()
    app = FastAPI()
    app.include_router(users, prefix="/v1")
    app.include_router(users, prefix="/v2/{tenant}")
    routed = Routed(app, place)

    for _ in range(2):
        assert (200, "/v1/users/{uid}") == routed.get("/v1/users/3")
        assert (200, "/v2/{tenant}/users/{uid}") == routed.get("/v2/t/users/3")
        assert (405, "/v2/{tenant}/posted") == routed.get("/v2/t/posted")
        assert (405, "/v1/posted") == routed.get("/v1/posted")
        assert (200, "/v2/{tenant}/plain/{x}") == routed.get("/v2/t/plain/3")
        assert (200, "/v1/plain/{x}") == routed.get("/v1/plain/3")


def test_the_same_function_on_two_routes(place):
    """Each route has its label, also where both lead to the same function."""
    app = FastAPI()

    @app.get("/a/{x}")
    @app.get("/b/{x}")
    async def both(x: str):
        return x

    routed = Routed(app, place)

    assert (200, "/a/{x}") == routed.get("/a/1")
    assert (200, "/b/{x}") == routed.get("/b/1")


def test_static_files_are_one_route(tmp_path, place, root_path):
    """All files below a mount are the mount's template, those that are not there too."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.css").write_text("p {}")
    routed = Routed(mounted("/static", StaticFiles(directory=tmp_path)), place)

    assert (200, "/static") == routed.get("/static/a/b.css", root_path=root_path)
    assert (404, "/static") == routed.get("/static/a/nothing.css", root_path=root_path)
    assert (405, "/static") == routed.get("/static/a/b.css", "POST", root_path=root_path)


@pytest.mark.filterwarnings("ignore:The `root_path` parameter is deprecated")
@pytest.mark.parametrize("server", ["", "/proxy"])
def test_a_root_path_of_the_application(place, server):
    """`FastAPI(root_path=…)` changes no label, whether the server says it too or not."""
    app = application(root_path="/proxy")
    app.mount("/sub/{x}", application())
    routed = Routed(app, place)

    for path, status, template in BELOW:
        assert (status, template or UNMATCHED) == routed.get(path, root_path=server)
    assert (3000, "/talk/{room}") == routed.connect("/talk/3", root_path=server)
    if server:
        assert (200, "/sub/{x}/users/{uid}") == routed.get("/sub/9/users/3", root_path=server)


def test_a_router_that_contains_a_mount(place):
    """A mount in an included router has the prefix in front, where the framework serves it at all."""
    api = APIRouter(routes=[Mount("/m/{x}", application()), Route("/r/{x}", plain_page)])
    app = FastAPI()
    app.include_router(api, prefix="/api")
    routed = Routed(app, place)

    assert (200, "/api/r/{x}") == routed.get("/api/r/3")
    status, label = routed.get("/api/m/9/users/3")
    assert (status, label) in [(200, "/api/m/{x}/users/{uid}"), (404, UNMATCHED)]
    status, label = routed.get("/m/9/users/3")
    assert (status, label) in [(200, "/m/{x}/users/{uid}"), (404, UNMATCHED)]


def test_the_middleware_on_a_mounted_application_alone(root_path):
    """Measured in a mounted application, a request still has the whole template."""
    monitor = PerformanceMonitor(registry=None)
    below = inside(nested(), monitor)
    routed = Routed(mounted("/sub/{x}", below), lambda app, _: app)
    routed.monitor = monitor

    assert (200, "/sub/{x}/api/v1/{tenant}/users/{uid}") == routed.get(
        "/sub/9/api/v1/t/users/3", root_path=root_path
    )
    assert (404, UNMATCHED) == routed.get("/sub/9/nothing", root_path=root_path)


def test_the_middleware_on_both_with_one_monitor(place):
    """The outer one measures; each request is counted once."""
    monitor = PerformanceMonitor(registry=None)
    app = mounted("/sub/{x}", inside(application(), monitor))
    routed = Routed(app, lambda app, _: place(app, monitor))
    routed.monitor = monitor

    assert (200, "/sub/{x}/users/{uid}") == routed.get("/sub/9/users/3")
    assert {("GET", "/sub/{x}/users/{uid}", "200"): 1} == requests(monitor)


def test_the_middleware_on_both_with_two_monitors(place):
    """Each monitor has the whole template."""
    monitor = PerformanceMonitor(registry=None)
    routed = Routed(mounted("/sub/{x}", inside(application(), monitor)), place)

    assert (200, "/sub/{x}/users/{uid}") == routed.get("/sub/9/users/3")
    assert {("GET", "/sub/{x}/users/{uid}", "200"): 1} == requests(monitor)


def test_routes_added_after_the_first_request(place):
    """Routes, included routers and mounts that come later are known too."""
    app = application()
    routed = Routed(app, place)
    assert (404, UNMATCHED) == routed.get("/late")

    app.add_api_route("/late", lambda: 1)
    app.include_router(router(), prefix="/later/{tenant}")
    app.mount("/latest/{x}", application())

    assert (200, "/late") == routed.get("/late")
    assert (200, "/later/{tenant}/users/{uid}") == routed.get("/later/1/users/3")
    assert (200, "/latest/{x}/users/{uid}") == routed.get("/latest/1/users/3")
    assert (200, "/users/{uid}") == routed.get("/users/3")


def test_a_mounted_application_without_routes_is_one_route(place):
    """An ASGI application below a mount is the mount's template."""
    routed = Routed(mounted("/plain/{x}", sending(start(), body())), place)

    assert (200, "/plain/{x}") == routed.get("/plain/9/any/thing")


def test_an_exception_handler_changes_no_label(place):
    """What handlers make of an exception keeps the route, of what no route raised there is none."""
    app = application()

    @app.exception_handler(404)
    async def not_found(request, error):
        return PlainTextResponse("nothing", 410)

    @app.exception_handler(ValueError)
    async def oops(request, error):
        return PlainTextResponse("oops", 418)

    routed = Routed(app, place)

    assert (418, "/boom") == routed.get("/boom")
    assert (410, "/gone/{x}") == routed.get("/gone/3")
    assert (410, UNMATCHED) == routed.get("/nothing")


def test_a_middleware_that_answers_by_itself(place):
    """What never reaches the router is unmatched."""

    async def closed(request, call_next):
        return PlainTextResponse("closed", 503)

    app = application()
    app.add_middleware(BaseHTTPMiddleware, dispatch=closed)

    assert (503, UNMATCHED) == Routed(app, place).get("/users/3")
