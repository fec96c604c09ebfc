"""The environment of a WSGI request: what its variables are called, how they carry text, what they tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..http.facts import Facts


def variable_of(header: str) -> str:
    """The variable of an environment that has the value of a header."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name


def carried(text: str) -> str:
    """What a variable says: it carries as latin-1 the UTF-8 that it is (PEP 3333)."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace")


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
