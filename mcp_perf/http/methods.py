"""The methods that get a label of their own."""

from __future__ import annotations

# RFC 9110 section 9, RFC 5789 (PATCH) and the QUERY method: what OpenTelemetry's semantic conventions name.
KNOWN = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})
OTHER = "_OTHER"


def known(method: object) -> str:
    """`method` if it is a registered one, `_OTHER` else; methods are case-sensitive."""
    return method if isinstance(method, str) and method in KNOWN else OTHER
