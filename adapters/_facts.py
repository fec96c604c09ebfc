"""The facts of a request, of what ASGI and WSGI have of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..http.facts import Facts
from ._asgi_messages import Scope
from ._wsgi_environ import carried, variable_of


def facts_of_scope(scope: Scope) -> Facts:
    """Those of an ASGI scope."""
    sent = [(name.lower().decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    server = scope.get("server")
    return Facts(
        method=str(scope.get("method", "")),
        scheme=str(scope.get("scheme") or "http"),
        path=str(scope.get("path", "")),
        query=(scope.get("query_string") or b"").decode("latin-1"),
        protocol=str(scope.get("http_version") or ""),
        client=str((scope.get("client") or ("",))[0] or ""),
        server=(str(server[0]), server[1]) if server else None,
        headers=lambda name: [value for key, value in sent if key == name],
        names=lambda: [key for key, _ in sent],
    )


def facts_of_environ(environ: dict[str, Any]) -> Facts:
    """Those of a WSGI environment."""
    port = environ.get("SERVER_PORT", "")
    name = environ.get("SERVER_NAME")
    return Facts(
        method=str(environ.get("REQUEST_METHOD", "")),
        scheme=str(environ.get("wsgi.url_scheme") or "http"),
        path=carried(environ.get("SCRIPT_NAME", "")) + carried(environ.get("PATH_INFO", "")),
        query=str(environ.get("QUERY_STRING", "")),
        protocol=str(environ.get("SERVER_PROTOCOL", "")).removeprefix("HTTP/"),
        client=str(environ.get("REMOTE_ADDR", "")),
        server=(name, int(port) if str(port).isdigit() else None) if name else None,
        headers=lambda name: _values(environ, name),
        names=lambda: _names(environ),
    )


def _values(environ: dict[str, Any], name: str) -> list[str]:
    value = environ.get(variable_of(name))
    return [] if value is None else [str(value)]


def _names(environ: dict[str, Any]) -> Iterable[str]:
    return [key[5:].replace("_", "-").lower() for key in environ if key.startswith("HTTP_")]
