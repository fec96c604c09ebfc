"""The facts of a request, of what ASGI has of it."""

from __future__ import annotations

from ..http.facts import Facts
from ._asgi_messages import Scope


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
