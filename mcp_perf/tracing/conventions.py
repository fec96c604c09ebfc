"""What spans are called and which attributes they have.

By OpenTelemetry's semantic conventions, stable ones where there are any: for HTTP since 1.23, see
https://opentelemetry.io/docs/specs/semconv/http/http-spans/, for databases since 1.33, see
https://opentelemetry.io/docs/specs/semconv/database/database-spans/.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, urlsplit

from opentelemetry.trace import Span, Status, StatusCode

from ..http.facts import Facts
from ..http.methods import OTHER

SCHEMA_URL = "https://opentelemetry.io/schemas/1.37.0"

Attributes = dict[str, str | int]

_SAFE = "/%:@!$&'()*+,;=~"
_PLAIN = re.compile("[/A-Za-z0-9_.~-]*").fullmatch
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
# Of a query, what the conventions want hidden: signatures and credentials of the large clouds' signed URLs.
_SECRET = frozenset(
    {"awsaccesskeyid", "signature", "sig", "x-amz-signature", "x-amz-credential", "x-amz-security-token"}
    | {"x-goog-signature"}
)
_HIDDEN = "REDACTED"


def server_name(method: str, route: str | None) -> str:
    """The name of a server span: a few, whatever is asked for."""
    known = "HTTP" if method == OTHER else method
    return known if route is None else f"{known} {route}"


def server_attributes(method: str, facts: Facts) -> Attributes:
    """What is known of a request when it begins, which is what samplers see; `method` is its label."""
    known = _arrived(facts)
    known["http.request.method"] = method
    if method == OTHER:
        known["http.request.method_original"] = facts.method
    if facts.protocol:
        known["network.protocol.version"] = facts.protocol
    return known


def connection_name(route: str | None) -> str:
    """The name of a WebSocket's span, of which there is no convention: as FastAPI's own telemetry has it."""
    return server_name("WS", route)


def connection_attributes(facts: Facts) -> Attributes:
    """What is known of a WebSocket when it begins."""
    known = _arrived(facts)
    known["network.protocol.name"] = "websocket"
    return known


def _arrived(facts: Facts) -> Attributes:
    host = facts.header("host")
    address, port = _named(host, facts.scheme) if host else facts.server or ("", None)
    attributes: Attributes = {
        "url.scheme": facts.scheme,
        "url.path": facts.path if _PLAIN(facts.path) else quote(facts.path, safe=_SAFE),
        "url.query": _without_secrets(facts.query),
        "server.address": address,
        "client.address": facts.client,
        "user_agent.original": facts.header("user-agent"),
    }
    known = {name: value for name, value in attributes.items() if value}
    if address and port is not None:
        known["server.port"] = port
    return known


def database_name(operation: str, table: str) -> str:
    """The name of a database operation's span."""
    return f"{operation} {table}"


def database_attributes(system: str, operation: str, table: str) -> Attributes:
    """What is known of a database operation when it begins."""
    return {"db.system.name": system, "db.operation.name": operation, "db.collection.name": table}


def step_name(workflow: str, step: str) -> str:
    """The name of a workflow step's span."""
    return f"{workflow} {step}"


def step_attributes(workflow: str, step: str) -> Attributes:
    """What is known of a workflow step, of which there is no convention yet."""
    return {"workflow.name": workflow, "workflow.step.name": step}


def server_failed(span: Span, status: int) -> None:
    """The server has answered with an error of its own."""
    span.set_attribute("error.type", str(status))
    span.set_status(Status(StatusCode.ERROR))


def failed(span: Span, error: BaseException) -> None:
    """`error` has ended what the span is of."""
    span.set_attribute("error.type", error_type(error))
    span.set_status(Status(StatusCode.ERROR, _text(error)))
    span.record_exception(error)  # last, since it asks the error for its words


def error_type(error: BaseException) -> str:
    """The fully qualified name of an error's class."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _text(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # what its own __str__ raises
        return type(error).__name__


@lru_cache(256)
def _named(host: str, scheme: str) -> tuple[str, int | None]:
    """Whom a client has asked; what is no host is nobody's address."""
    try:
        url = urlsplit(f"//{host}")
        port = url.port if url.port is not None else _PORTS.get(scheme)
    except ValueError:
        return "", None
    return (url.hostname or "", port) if url.netloc == host and "@" not in host else ("", None)


def _without_secrets(query: str) -> str:
    if not query:
        return ""
    parts = (part.partition("=") for part in query.split("&"))
    return "&".join(
        f"{name}={_HIDDEN}" if is_value and name.lower() in _SECRET else f"{name}{is_value}{value}"
        for name, is_value, value in parts
    )
