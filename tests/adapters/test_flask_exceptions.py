"""Exceptions in a Flask application: which are counted, and which are the application's own affair."""

import pytest
from flask import Flask
from support.readings import exceptions, in_progress, lost, requests
from support.wsgi_driver import ask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from mcp_perf.adapters.flask import PerformanceMonitoring


class NotFoundError(ValueError):
    """What a handler of the application answers."""


@pytest.fixture
def app(monitor):
    app = Flask(__name__)

    @app.get("/users/<int:uid>")
    def user(uid):
        return f"user {uid}"

    @app.get("/boom")
    def boom():
        raise LookupError("boom")

    @app.get("/lookup")
    def lookup():
        raise NotFoundError

    PerformanceMonitoring(app, monitor)
    return app


def counted(monitor):
    """Requests and exceptions, without the method that is always GET here."""
    assert in_progress(monitor) == 0
    assert lost(monitor) == 0
    return (
        {key[1:]: number for key, number in requests(monitor).items()},
        {key[1:]: number for key, number in exceptions(monitor).items()},
    )


@pytest.mark.parametrize(
    "setting",
    [{}, {"TESTING": True}, {"DEBUG": True}, {"PROPAGATE_EXCEPTIONS": True}, {"PROPAGATE_EXCEPTIONS": False}],
    ids=str,
)
def test_an_uncaught_exception_is_counted_once(app, monitor, setting):
    """An exception that no handler caught counts once by its class, whether Flask lets it through or not."""
    app.config.update(setting)

    ask(app, path="/boom")

    assert ({("/boom", "500"): 1}, {("/boom", "LookupError"): 1}) == counted(monitor)


def test_a_handled_exception_is_no_exception(app, monitor):
    """What an error handler of the application answers counts by its status alone."""
    app.register_error_handler(NotFoundError, lambda error: ("none", 404))

    ask(app, path="/lookup")

    assert ({("/lookup", "404"): 1}, {}) == counted(monitor)


def test_a_handler_of_500_does_not_hide_the_exception(app, monitor):
    """A page for all that goes wrong is no handling: the exception counts."""
    app.register_error_handler(500, lambda error: ("sorry", 500))

    assert ask(app, path="/boom").body == b"sorry"
    assert ({("/boom", "500"): 1}, {("/boom", "LookupError"): 1}) == counted(monitor)


def test_a_handler_that_fails_itself(app, monitor):
    """An exception in an error handler counts, and only that one."""

    @app.errorhandler(NotFoundError)
    def fail(error):
        raise ZeroDivisionError

    ask(app, path="/lookup")

    assert ({("/lookup", "500"): 1}, {("/lookup", "ZeroDivisionError"): 1}) == counted(monitor)


@pytest.mark.parametrize(
    "hook", ["before_request", "after_request", "teardown_request", "teardown_appcontext"]
)
def test_an_exception_in_a_hook(app, monitor, hook):
    """Whatever hook of the application fails, the request counts as the 500 that the server answers."""

    def fail(*args):
        raise ZeroDivisionError

    getattr(app, hook)(fail)
    ask(app, path="/users/3")

    route = "/users/<int:uid>"
    assert ({(route, "500"): 1}, {(route, "ZeroDivisionError"): 1}) == counted(monitor)


def test_an_exception_in_an_application_mounted_inside(app, monitor):
    """An exception counts, too, in an application that is mounted below a measured one."""
    inner = Flask("inner")
    inner.add_url_rule("/boom", "boom", lambda: [][0])
    outer = Flask("outer")
    outer.wsgi_app = DispatcherMiddleware(outer.wsgi_app, {"/in": inner})
    PerformanceMonitoring(outer, monitor)

    ask(outer, path="/in/boom")

    assert ({("/in/boom", "500"): 1}, {("/in/boom", "IndexError"): 1}) == counted(monitor)


def test_the_test_client_sees_exceptions(app, monitor):
    """With TESTING the exception reaches the test, as the same object."""
    app.testing = True

    with pytest.raises(LookupError, match="boom"):
        app.test_client().get("/boom")

    assert ({("/boom", "500"): 1}, {("/boom", "LookupError"): 1}) == counted(monitor)


def test_a_handler_of_every_exception_is_a_handling(app, monitor):
    """An application that answers every exception by itself has none uncaught."""
    app.register_error_handler(Exception, lambda error: ("sorry", 503))

    ask(app, path="/boom")

    assert ({("/boom", "503"): 1}, {}) == counted(monitor)
