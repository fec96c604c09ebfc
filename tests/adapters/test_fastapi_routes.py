"""The label `route` in FastAPI: the whole template of what matched, included routers and all."""

import pytest
from fastapi import APIRouter
from support.fastapi_apps import APPS, BELOW, application, filled
from support.routes import UNMATCHED, Routed


@pytest.mark.parametrize("name", APPS)
def test_the_template_is_whole(name, place, root_path):
    """Included routers, mounts, hosts and middlewares: the label is the template of all of it together."""
    prefix, make = APPS[name]
    routed = Routed(make(), place)

    expected = [
        (path, status, UNMATCHED if template is None else prefix + template)
        for path, status, template in BELOW
    ]
    found = [
        (path, *routed.get(filled(prefix) + path, root_path=root_path)) for path, status, template in BELOW
    ]

    if not hasattr(APIRouter, "frontend"):
        # Older versions lose the prefix of plain routes in nested routers, and answer 404.
        expected, found = [[row for row in rows if "/plain" not in row[0]] for rows in (expected, found)]
    assert expected == found


@pytest.mark.parametrize("name", APPS)
def test_the_template_of_a_websocket_is_whole(name, place, root_path):
    """WebSocket routes likewise; a path that no route knows is refused and unmatched."""
    prefix, make = APPS[name]
    routed = Routed(make(), place)
    path = filled(prefix)

    assert (3000, prefix + "/talk/{room}") == routed.connect(path + "/talk/3", root_path=root_path)
    assert (403, prefix + "/shut") == routed.connect(path + "/shut", root_path=root_path)
    assert (403, UNMATCHED) == routed.connect(path + "/nothing", root_path=root_path)
    denied = routed.connect(path + "/denied", root_path=root_path)
    assert denied in [(401, prefix + "/denied"), (500, prefix + "/denied")]  # 500 from older versions


def test_the_documentation_has_its_routes(place, root_path):
    """FastAPI's own pages are plain routes, those of a mounted application with the mount in front."""
    app = application()
    app.mount("/sub/{x}", application())
    routed = Routed(app, place)

    for mount in ("", "/sub/{x}"):
        for page in ("/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"):
            assert (200, mount + page) == routed.get(filled(mount) + page, root_path=root_path)
