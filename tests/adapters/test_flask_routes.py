"""What the label `route` reads in Flask: the URL rule, with the mount in front."""

import pytest
from flask import Blueprint, Flask, abort
from support.readings import requests
from support.wsgi_driver import ask
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix

from mcp_perf.adapters.flask import PerformanceMonitoring


def said(**parameters):
    return "said"


def build(**settings):
    """An application with a rule of each kind."""
    app = Flask(__name__, static_folder=None, **settings)
    app.add_url_rule("/", "index", said)
    app.add_url_rule("/users/<int:uid>", "user", said)
    app.add_url_rule("/files/<path:name>", "file", said, methods=["GET", "PUT"])
    app.add_url_rule("/posts/", "posts", said, methods=["GET", "POST"])
    app.add_url_rule("/gone/<x>", "gone", lambda x: abort(404))
    app.add_url_rule("/any", "any", said, defaults={"page": 1})
    app.add_url_rule("/any/<int:page>", "any", said)
    inner = Blueprint("inner", __name__, url_prefix="/inner/<b>")
    inner.add_url_rule("/leaf/<c>", "leaf", said)
    outer = Blueprint("outer", __name__, url_prefix="/outer/<a>")
    outer.register_blueprint(inner)
    app.register_blueprint(outer)
    return app


def label(app, monitor, path, method="GET", **request):
    """The route and the status of one request."""
    before = requests(monitor)
    answer = ask(app, method, path, valid=False, **request)
    assert answer.error is None
    ((_, route, status),) = {key for key, number in requests(monitor).items() if number != before.get(key)}
    assert str(answer.status) == status
    return route, answer.status


@pytest.fixture
def app(monitor):
    app = build()
    PerformanceMonitoring(app, monitor)
    return app


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("/", 200)),
        ("/users/3", ("/users/<int:uid>", 200)),
        ("/users/three", ("<unmatched>", 404)),
        ("/files/a/b/c.txt", ("/files/<path:name>", 200)),
        ("/outer/1/inner/2/leaf/3", ("/outer/<a>/inner/<b>/leaf/<c>", 200)),
        ("/outer/1/inner/2", ("<unmatched>", 404)),
        ("/gone/1", ("/gone/<x>", 404)),
        ("/posts", ("<unmatched>", 308)),
        ("//users//3", ("<unmatched>", 308)),
        ("/any/2", ("/any/<int:page>", 200)),
        ("/any/1", ("<unmatched>", 308)),
        ("/nowhere", ("<unmatched>", 404)),
        ("/users/%ff", ("<unmatched>", 404)),
    ],
)
def test_the_route_is_the_rule(app, monitor, path, expected):
    """The rule as it was written, prefixes joined; none where the router answers by itself."""
    assert expected == label(app, monitor, path)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("DELETE", "/users/3", ("/users/<int:uid>", 405)),
        ("POST", "/files/a/b", ("/files/<path:name>", 405)),
        ("PATCH", "/posts/", ("/posts/", 405)),
        ("PURGE", "/outer/1/inner/2/leaf/3", ("/outer/<a>/inner/<b>/leaf/<c>", 405)),
        ("OPTIONS", "/users/3", ("/users/<int:uid>", 200)),
        ("HEAD", "/users/3", ("/users/<int:uid>", 200)),
        ("DELETE", "/nowhere", ("<unmatched>", 404)),
    ],
)
def test_other_methods_have_the_route_whose_path_matched(app, monitor, method, path, expected):
    """405 and the methods that Flask adds are counted under the rule."""
    assert expected == label(app, monitor, path, method)


@pytest.mark.parametrize(("path", "route"), [("/users/3", "/users/<int:uid>"), ("/nowhere", "<unmatched>")])
def test_an_answer_from_before_request(monitor, path, route):
    """What a `before_request` function answers is counted under the rule that matched, if one did."""
    app = build()
    app.before_request(lambda: ("stop", 403))
    PerformanceMonitoring(app, monitor)

    assert (route, 403) == label(app, monitor, path)


def test_the_files_of_the_application(monitor, tmp_path):
    """Static files are one route, those that are not there too."""
    (tmp_path / "a.css").write_text("a {}")
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    PerformanceMonitoring(app, monitor)

    assert label(app, monitor, "/static/a.css") == ("/static/<path:filename>", 200)
    assert label(app, monitor, "/static/b.css") == ("/static/<path:filename>", 404)


def test_hosts(monitor):
    """With host matching each host's rules are found; the host is no part of the route."""
    app = Flask(__name__, host_matching=True, static_folder=None)
    app.add_url_rule("/shop/<item>", "shop", said, host="shop.test")
    app.add_url_rule("/<page>", "wiki", said, host="<name>.wiki.test")
    PerformanceMonitoring(app, monitor)

    def at(host, path, method="GET"):
        return label(app, monitor, path, method, headers={"Host": host})

    assert at("shop.test", "/shop/1") == ("/shop/<item>", 200)
    assert at("shop.test", "/shop/1", "PUT") == ("/shop/<item>", 405)
    assert at("a.wiki.test", "/start") == ("/<page>", 200)
    assert at("b.wiki.test", "/start", "PUT") == ("/<page>", 405)
    assert at("wiki.test", "/start") == ("<unmatched>", 404)


def test_subdomains(monitor):
    """With subdomain matching each subdomain's rules are found."""
    app = Flask(__name__, subdomain_matching=True, static_folder=None)
    app.config["SERVER_NAME"] = "site.test"
    app.add_url_rule("/v/<x>", "api", said, subdomain="api")
    app.add_url_rule("/w/<x>", "user", said, subdomain="<user>")
    PerformanceMonitoring(app, monitor)

    def at(host, path, method="GET"):
        return label(app, monitor, path, method, headers={"Host": host})

    assert at("api.site.test", "/v/1") == ("/v/<x>", 200)
    assert at("api.site.test", "/v/1", "PUT") == ("/v/<x>", 405)
    assert at("anna.site.test", "/w/1") == ("/w/<x>", 200)
    assert at("site.test", "/v/1") == ("<unmatched>", 404)


def test_a_mount_is_in_front(monitor):
    """Where a dispatcher has mounted the application, its mount point is a part of the route."""
    app = build()
    PerformanceMonitoring(app, monitor)
    mounted = DispatcherMiddleware(build(), {"/shop": DispatcherMiddleware(build(), {"/eu": app})})

    assert label(mounted, monitor, "/shop/eu/users/3") == ("/shop/eu/users/<int:uid>", 200)
    assert label(mounted, monitor, "/shop/eu/users/3", "PUT") == ("/shop/eu/users/<int:uid>", 405)
    assert label(mounted, monitor, "/shop/eu/nowhere") == ("<unmatched>", 404)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/users/3", ("/users/<int:uid>", 200)),
        ("GET", "/in/users/3", ("/in/users/<int:uid>", 200)),
        ("PUT", "/in/users/3", ("/in/users/<int:uid>", 405)),
        ("PUT", "/in/only/3", ("/in/only/<y>", 405)),
        ("GET", "/in/nowhere", ("<unmatched>", 404)),
        ("GET", "/plain/users/3", ("<unmatched>", 200)),
    ],
)
def test_applications_mounted_inside_are_measured_with_it(monitor, caplog, method, path, expected):
    """What is mounted below a measured application is labelled by its own rules, where it has any."""
    inner = build()
    inner.add_url_rule("/only/<y>", "only", said)
    outer = build()
    outer.add_url_rule("/only/<x>", "only", said, methods=["GET", "PUT"])
    mounts = {"/in": inner, "/plain": plain_werkzeug}
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, mounts)
    PerformanceMonitoring(outer, monitor)

    assert expected == label(outer, monitor, path, method)
    assert [] == [record for record in caplog.records if record.name == "mcp_perf"]


def plain_werkzeug(environ, start_response):
    """An application made with Werkzeug alone, which puts its own request into the environ."""
    from werkzeug.wrappers import Request, Response

    return Response(Request(environ).path)(environ, start_response)


@pytest.fixture
def behind_a_proxy(monitor):
    """An application that trusts one proxy's X-Forwarded-Prefix, by itself and mounted at /m."""
    app = build()
    PerformanceMonitoring(app, monitor)
    return ProxyFix(DispatcherMiddleware(app, {"/m": app}), x_prefix=1)


@pytest.mark.parametrize(
    "prefix",
    [
        "/p", "/p/", "/", "/p/q", "//p", "/p q", '"/quoted"', '"/a,b"', "/a, /a/b", "/, /p", "/p, /p/q/r",
        "/p/q, /p", "/m", "/m, /m/m", "/users", ",", ", /p", "/%C3%A9", "/\xe9",
    ],
)  # fmt: skip
@pytest.mark.parametrize("mount", ["", "/m"])
def test_a_proxys_prefix_is_no_part_of_the_route(behind_a_proxy, monitor, mount, prefix):
    """A forwarded prefix, whatever a client writes into it, makes no further series."""
    headers = {"X-Forwarded-Prefix": prefix}

    route, _ = label(behind_a_proxy, monitor, f"{mount}/users/3", headers=headers)

    assert f"{mount}/users/<int:uid>" == route


def test_a_prefix_without_proxyfix_is_nothing(app, monitor):
    """The header alone says nothing."""
    mounted = DispatcherMiddleware(build(), {"/m": app})

    headers = {"X-Forwarded-Prefix": "/m"}
    assert label(mounted, monitor, "/m/users/3", headers=headers) == ("/m/users/<int:uid>", 200)


def test_the_script_name_of_the_server_is_no_part_of_the_route(app, monitor, monkeypatch):
    """Gunicorn's prefix from the process environment is taken away, a mount below it is kept."""
    monkeypatch.setenv("SCRIPT_NAME", "/proxy")
    mounted = DispatcherMiddleware(app, {"/m": app})

    for script, path, expected in [
        ("/proxy", "/users/3", "/users/<int:uid>"),
        ("/proxy", "/m/users/3", "/m/users/<int:uid>"),
        ("/proxyother", "/users/3", "/proxyother/users/<int:uid>"),
        ("", "/users/3", "/users/<int:uid>"),
    ]:
        assert label(mounted, monitor, path, SCRIPT_NAME=script)[0] == expected


def test_a_script_name_that_the_server_did_not_take_changes_nothing(app, monitor, monkeypatch):
    """Where the header is only a header, the prefix from the process environment is still taken away."""
    monkeypatch.setenv("SCRIPT_NAME", "/proxy")

    environ = {"SCRIPT_NAME": "/proxy", "HTTP_SCRIPT_NAME": "/invented"}
    assert label(app, monitor, "/users/3", **environ)[0] == "/users/<int:uid>"


def test_the_script_name_of_a_proxy_is_no_part_of_the_route(app, monitor):
    """Gunicorn's prefix from a header, which a client may have invented, is taken away too."""
    mounted = DispatcherMiddleware(app, {"/m": app})

    for script, path, expected in [
        ("/invented", "/users/3", "/users/<int:uid>"),
        ("/invented", "/m/users/3", "/m/users/<int:uid>"),
    ]:
        environ = {"SCRIPT_NAME": script, "HTTP_SCRIPT_NAME": script}
        assert label(mounted, monitor, path, **environ)[0] == expected
