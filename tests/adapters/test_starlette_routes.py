"""The label `route` in Starlette: the whole template of what matched."""

import pytest
from starlette.applications import Starlette
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from support.routes import UNMATCHED, Routed
from support.starlette_apps import BELOW, MOUNTS, filled, plain


@pytest.fixture
def statics(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.css").write_text("p {}")
    return StaticFiles(directory=tmp_path)


@pytest.mark.parametrize("name", MOUNTS)
def test_the_template_is_whole(name, place, root_path):
    """Mounts, hosts and middlewares in between: the label is the template of all of it together."""
    prefix, make = MOUNTS[name]
    routed = Routed(make(), place)
    expected, found = [], []

    for path, status, template in BELOW:
        if path == "/" and not prefix:
            continue
        expected.append((path, status, UNMATCHED if template is None else prefix + template))
        found.append((path, *routed.get(filled(prefix) + path, root_path=root_path)))

    assert expected == found


@pytest.mark.parametrize("name", MOUNTS)
def test_the_template_of_a_websocket_is_whole(name, place, root_path):
    """WebSocket routes likewise; a path that no route knows is refused and unmatched."""
    prefix, make = MOUNTS[name]
    routed = Routed(make(), place)
    path = filled(prefix)

    assert (3000, prefix + "/{uid}/talk") == routed.connect(path + "/7/talk", root_path=root_path)
    assert (403, prefix + "/shut") == routed.connect(path + "/shut", root_path=root_path)
    assert (403, prefix + "/talks") == routed.connect(path + "/talks", root_path=root_path)
    assert (403, UNMATCHED) == routed.connect(path + "/nothing", root_path=root_path)


@pytest.mark.parametrize("mount", ["/static", "/{x}/static"])
def test_static_files_are_one_route(statics, place, root_path, mount):
    """All files below a mount are the mount's template, those that are not there too."""
    routed = Routed(Starlette(routes=[Mount(mount, statics)]), place)
    path = mount.replace("{x}", "9")

    assert (200, mount) == routed.get(path + "/a/b.css", root_path=root_path)
    assert (404, mount) == routed.get(path + "/a/nothing.css", root_path=root_path)
    assert (404, mount) == routed.get(path + "/", root_path=root_path)
    assert (405, mount) == routed.get(path + "/a/b.css", "POST", root_path=root_path)
    assert (404, UNMATCHED) == routed.get("/stat", root_path=root_path)


@pytest.mark.parametrize("mount", ["/plain", "/{x:int}/plain", "/"])
def test_a_mounted_application_without_routes_is_one_route(place, root_path, mount):
    """An ASGI application of whatever kind below a mount is the mount's template."""
    for app in (plain, GZipMiddleware(plain)):
        routed = Routed(Starlette(routes=[Mount(mount, app)]), place)

        assert (200, mount) == routed.get(mount.replace("{x:int}", "9") + "/any/thing", root_path=root_path)
