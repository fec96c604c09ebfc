"""The label `route` in Starlette where several things meet, or change."""

from starlette.applications import Starlette
from starlette.routing import Host, Mount, Route, Router
from support.routes import UNMATCHED, Routed
from support.starlette_apps import other, page, users


def test_the_same_endpoint_on_two_routes(place):
    """Each route has its label, also where both lead to the same function."""
    routes = [Route("/a/{x}", page), Route("/b/{x:int}", page), Mount("/c", routes=[Route("/{y}", page)])]
    routed = Routed(Starlette(routes=routes), place)

    assert (200, "/a/{x}") == routed.get("/a/1")
    assert (200, "/b/{x:int}") == routed.get("/b/1")
    assert (200, "/c/{y}") == routed.get("/c/1")
    assert (405, "/b/{x:int}") == routed.get("/b/1", "POST")


def test_the_same_application_mounted_twice(place):
    """Each mount has its label, also where both lead to the same application."""
    app = users()
    routed = Routed(Starlette(routes=[Mount("/a", app), Mount("/b/{x}", app)]), place)

    assert (200, "/a/{uid:int}") == routed.get("/a/1")
    assert (200, "/b/{x}/{uid:int}") == routed.get("/b/9/1")
    assert (200, "/a/{uid:int}") == routed.get("/a/1")


def test_the_first_match_counts(place):
    """Where several routes would match, the label is that of the one that did."""
    routes = [Route("/{x}", page, methods=["POST"]), Route("/{y}", other)]
    mounts = [Mount("/{z}", users()), Mount("/m", users())]
    routed = Routed(Starlette(routes=routes + mounts), place)

    assert (200, "/{y}") == routed.get("/1")
    assert (200, "/{x}") == routed.get("/1", "POST")
    assert (200, "/{z}/{uid:int}") == routed.get("/m/1")


def test_hosts_with_mounts_of_their_own(place):
    """Where the same path leads somewhere else on another host, so does the label."""
    hosts = [Host(f"{name}.org", Router([Mount(f"/v/{{{name}}}", users())])) for name in ("one", "two")]
    routed = Routed(Starlette(routes=hosts), place)

    for name in ("one", "two", "one"):
        assert (200, f"/v/{{{name}}}/{{uid:int}}") == routed.get("/v/1/7", host=f"{name}.org".encode())


def test_routes_added_after_the_first_request(place):
    """Routes that come later are known too, also those of what is mounted."""
    below = Router([Route("/old", page)])
    app = Starlette(routes=[Mount("/below", below), Route("/old", page)])
    routed = Routed(app, place)
    assert (200, "/old") == routed.get("/old")
    assert (200, "/below/old") == routed.get("/below/old")

    below.routes.append(Route("/new/{x}", other))
    assert (200, "/below/new/{x}") == routed.get("/below/new/1")

    app.router.routes.append(Route("/new/{x}", other))
    assert (200, "/new/{x}") == routed.get("/new/1")


def test_a_route_taken_away_and_another_added(place):
    """A change that leaves the number of routes as it was is seen too."""
    app = Starlette(routes=[Route("/old", page)])
    routed = Routed(app, place)
    assert (200, "/old") == routed.get("/old")

    app.router.routes[:] = [Route("/new/{x}", page)]

    assert (200, "/new/{x}") == routed.get("/new/1")
    assert (404, UNMATCHED) == routed.get("/old")


def test_ten_thousand_values_in_a_mounts_path_are_one_series(place):
    """A parameter of a mount is never filled in, however many values it has."""
    routed = Routed(Starlette(routes=[Mount("/at/{place}", users())]), place)

    found = routed.get_all(f"/at/{number}/{number}" for number in range(10_000))

    assert {("GET", "/at/{place}/{uid:int}", "200"): 10_000} == found


def test_a_value_that_is_also_a_part_of_the_template(place):
    """Values of parameters that look like other parts of the path confuse nobody."""
    routed = Routed(Starlette(routes=[Mount("/at/{place}/users", users())]), place)

    for value in ("at", "users", "7", "%7Bplace%7D", "a%20b", "%C3%A4", "..."):
        assert (200, "/at/{place}/users/{uid:int}") == routed.get(f"/at/{value}/users/7")


def test_a_path_that_begins_like_the_root_path(place):
    """A mount whose name begins with the letters of `root_path` is taken for what it is."""
    routed = Routed(Starlette(routes=[Mount("/proxyfoo/{x}", users()), Mount("/proxy/{y}", users())]), place)

    assert (200, "/proxyfoo/{x}/{uid:int}") == routed.get("/proxyfoo/1/7", root_path="/proxy")
    assert (200, "/proxy/{y}/{uid:int}") == routed.get("/proxy/1/7", root_path="/proxy")


def test_a_route_that_begins_like_a_root_path_that_is_not_in_the_path(place):
    """A route whose name begins with the letters of `root_path` has its label."""
    routed = Routed(Starlette(routes=[Route("/api-keys/{x}", page), Route("/{y}", page)]), place)

    status, label = routed.get("/api-keys/1", root_path="/api", path_told="/api-keys/1")

    assert (status, label) in [(200, "/api-keys/{x}"), (404, UNMATCHED)]  # 404 from older versions


def test_a_root_path_that_is_not_in_the_path(place):
    """Servers that leave `root_path` out of the path, as older ones do, change no label of a route."""
    routed = Routed(users(), place)

    assert (200, "/{uid:int}") == routed.get("/7", root_path="/proxy", path_told="/7")
    assert (404, UNMATCHED) == routed.get("/nothing", root_path="/proxy", path_told="/nothing")
