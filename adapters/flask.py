"""Flask: the WSGI face inside a Flask application, with its URL rules and its uncaught exceptions."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from flask import Flask, current_app, request
from flask.signals import got_request_exception
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.http import parse_list_header
from werkzeug.routing import RequestRedirect

from ..default import check_monitor
from ..http.routes import Reader
from ..monitor import PerformanceMonitor
from ..mount_point import MountPoint
from ..settings import check_http
from . import wsgi
from .wsgi import Environ

__all__ = ["PerformanceMonitoring"]


class PerformanceMonitoring:
    """Measures a Flask application, and serves the metrics app at `path` (None: nowhere).

    ``PerformanceMonitoring(app)``, or ``init_app(app)`` later. Other arguments and errors as for
    `mcp_perf.adapters.wsgi.instrument`.
    """

    def __init__(
        self,
        app: Flask | None = None,
        monitor: PerformanceMonitor | None = None,
        *,
        path: str | None = "/metrics",
        **http_settings: Any,
    ) -> None:
        self._mount = MountPoint(path) if path is not None else None
        check_monitor(monitor)
        check_http(http_settings)
        self._monitor = monitor
        self._settings = http_settings
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Measure `app`; may be called for several applications."""
        if not isinstance(app, Flask):
            raise TypeError(f"app must be a Flask application, not {app!r}")
        measured = _Middleware(app, self._monitor, **self._settings)
        app.extensions.setdefault("mcp_perf", []).append(measured)
        served = measured if self._mount is None else wsgi.Serving(measured, self._mount, self._monitor)
        app.wsgi_app = served  # type: ignore[method-assign]


class _Middleware(wsgi.PerformanceMonitoringMiddleware):
    def __init__(self, app: Flask, monitor: PerformanceMonitor | None, **http_settings: Any) -> None:
        super().__init__(app.wsgi_app, monitor, **http_settings)
        # From any application: one that is mounted inside may be another one.
        got_request_exception.connect(self._uncaught)

    def reader(self) -> Reader:
        """How environments are read that this application has handled."""
        return replace(super().reader(), template=self._template, forgets=True, ready_size=_ready_size)

    def _template(self, environ: Environ) -> str | None:
        # Not perhaps a Flask request: any werkzeug application may be mounted inside.
        handled = environ.get("werkzeug.request")
        rule = getattr(handled, "url_rule", None)
        if rule is None:
            if type(getattr(handled, "routing_exception", None)) is not MethodNotAllowed:
                return None
            rule = _rule_of_other_method(handled)
            if rule is None:
                return None
        mount = environ.get("SCRIPT_NAME")
        return _mounted(environ, mount) + rule.rule if mount else rule.rule  # type: ignore[no-any-return]

    def _uncaught(self, sender: Flask, exception: BaseException, **_: Any) -> None:  # noqa: ARG002
        measure = self._http.value
        exchange = request.environ.get(measure.key) if measure is not None else None
        if exchange is not None:
            exchange.uncaught(exception)


def _ready_size(result: Any) -> int | None:
    """The size, or more, of the body of a werkzeug response that is at most one string.

    Following werkzeug's iterator costs more than all the rest, and it has no public way to its response.
    """
    try:
        parts = result._callbacks[-1].__self__.response
    except (AttributeError, IndexError):
        return None
    if type(parts) is not list or len(parts) > 1:
        return None
    # Text takes at most four bytes a character.
    return 4 * len(parts[0]) if parts else 0


def _rule_of_other_method(handled: Any) -> Any:
    """The rule whose path matched, where the router says only which methods it has."""
    adapter = current_app.create_url_adapter(handled)
    methods = handled.routing_exception.valid_methods
    if adapter is None or not methods:
        return None
    try:
        return adapter.match(method=sorted(methods)[0], return_rule=True)[0]
    except (HTTPException, RequestRedirect):
        return None


def _mounted(environ: Environ, mount: str) -> str:
    """`mount` without what a server or proxy in front has put there, which is not a part of the route."""
    mount = mount.rstrip("/")
    # gunicorn takes it from its environment, or from a header of that name that comes from a trusted proxy.
    header = environ.get("HTTP_SCRIPT_NAME")
    outside = header if header and _under(mount, header) else os.environ.get("SCRIPT_NAME", "")
    if "werkzeug.proxy_fix.orig" in environ:
        # The rightmost are those of the nearest proxies, which alone can be trusted.
        prefixes = reversed(parse_list_header(environ.get("HTTP_X_FORWARDED_PREFIX", "")))
        outside = next((one for one in prefixes if one.strip("/") and _under(mount, one)), outside)
    outside = outside.rstrip("/")
    rest = mount[len(outside) :] if outside and _under(mount, outside) else mount
    return "/" + rest.strip("/") if rest.strip("/") else ""


def _under(path: str, prefix: str) -> bool:
    prefix = prefix.rstrip("/")
    return path == prefix or path.startswith(prefix + "/")
