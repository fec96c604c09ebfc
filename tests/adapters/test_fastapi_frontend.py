"""The label `route` of what FastAPI's `frontend()` serves."""

import pytest
from fastapi import FastAPI
from support.fastapi_apps import application, filled, mounted, router
from support.routes import UNMATCHED, Routed

pytestmark = pytest.mark.skipif(not hasattr(FastAPI, "frontend"), reason="this FastAPI has no frontend()")


def with_frontend(directory, path):
    app = application()
    app.frontend(path, directory=directory)
    return app


def included_frontend(directory, path):
    routes = router()
    routes.frontend(path, directory=directory)
    app = FastAPI()
    app.include_router(routes, prefix="/api")
    return app


FRONTENDS = {
    "app": ("/front", with_frontend),
    "included": ("/api/front", included_frontend),
    "mounted": ("/sub/{x}/front", lambda *which: mounted("/sub/{x}", with_frontend(*which))),
    "mounted and included": (
        "/sub/{x}/api/front",
        lambda *which: mounted("/sub/{x}", included_frontend(*which)),
    ),
}


@pytest.mark.parametrize("name", FRONTENDS)
def test_a_frontend_is_one_route(tmp_path, place, root_path, name):
    """All that `frontend()` serves is its path, with what is in front of it."""
    (tmp_path / "index.html").write_text("<p>")
    label, make = FRONTENDS[name]
    routed = Routed(make(tmp_path, "/front"), place)

    assert (200, label) == routed.get(filled(label) + "/index.html", root_path=root_path)
    users = label.removesuffix("/front") + "/users/{uid}"
    assert (200, users) == routed.get(filled(users).replace("{uid}", "3"), root_path=root_path)


def test_a_frontend_of_everything(tmp_path, place, root_path):
    """A frontend at the root is the route `/`; what it does not know is no new label either."""
    (tmp_path / "index.html").write_text("<p>")
    routed = Routed(with_frontend(tmp_path, "/"), place)

    assert (200, "/") == routed.get("/index.html", root_path=root_path)
    assert (200, "/users/{uid}") == routed.get("/users/3", root_path=root_path)
    for path in ("/nothing", "/nothing/else"):
        status, label = routed.get(path, root_path=root_path)
        assert (404, True) == (status, label in ("/", UNMATCHED))
