"""Options: what an export is asked for, from keywords and then from the standard variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from ..errors import number, wrong
from ..header_fields import check_header_fields
from ..threads import LONGEST
from . import environment

PROTOCOLS = ("http/protobuf", "grpc")
TEMPORALITIES = ("cumulative", "delta", "lowmemory")
HISTOGRAMS = ("explicit_bucket_histogram", "base2_exponential_bucket_histogram")
NAMES = ("prometheus", "opentelemetry")
# Of the specification: of a periodic reader.
INTERVAL = 60.0
TIMEOUT = 30.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What an export is asked for; `interval` and `timeout` are seconds.

    `endpoint`, `headers` and `own_timeout` are None where the official exporter reads its variables itself.
    `is_off` tells that the SDK is switched off.
    """

    endpoint: str | None = None
    protocol: str = "http/protobuf"
    headers: Mapping[str, str] | None = None
    interval: float = INTERVAL
    timeout: float = TIMEOUT
    own_timeout: float | None = None
    temporality: str = "cumulative"
    histograms: str = "explicit_bucket_histogram"
    names: str = "prometheus"
    resource: Mapping[str, Any] = field(default_factory=dict)
    url_scheme: str | None = None
    exporter: Any = None
    is_off: bool = False

    @property
    def is_exponential(self) -> bool:
        """Whether histograms are exponential, where there can be one."""
        return self.histograms == "base2_exponential_bucket_histogram"

    def name(self, environ: Mapping[str, str] = os.environ) -> str:
        """What tells this export from another one of the same monitor, in all its workers alike."""
        target = self.endpoint or environment.first(environ, *environment.ENDPOINTS)
        kind = type(self.exporter).__qualname__ if self.exporter is not None else self.protocol
        given = [sorted(map(repr, one.items())) for one in (self.headers or {}, self.resource)]
        asked = [target, kind, self.temporality, self.histograms, self.names, self.url_scheme, *given]
        return f"otlp-{sha256(repr(asked).encode()).hexdigest()[:12]}"


def options_of(keywords: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Options:
    """The options of these keywords, None being what was not given.

    Raises TypeError for an unknown one and ValueError for a wrong value, of a keyword or of a variable.
    """
    given = {name: value for name, value in keywords.items() if value is not None}
    for name in given:
        if name not in _KEYWORDS:
            raise TypeError(f"{name!r} is no option of export_otlp; these are {', '.join(sorted(_KEYWORDS))}")
    found: dict[str, Any] = {"is_off": environment.is_disabled(environ)}
    for name in ("exporter", "resource", "url_scheme", "headers"):
        if name in given:
            found[name] = given[name]
    _check_text(found)
    _check_exporter(given)
    found["interval"] = _seconds(
        given, "interval", environment.seconds(environ, environment.INTERVAL, INTERVAL)
    )
    found["timeout"] = _seconds(given, "timeout", environment.seconds(environ, environment.TIMEOUT, TIMEOUT))
    found["own_timeout"] = found["timeout"] if "timeout" in given else None
    for name, variables, allowed in _WORDS:
        said = environment.word(environ, variables, allowed) if name not in given else given[name]
        if said is not None:
            found[name] = _one_of(name, said, allowed)
    if "headers" in found:
        check_header_fields("headers", found["headers"], is_grpc=found.get("protocol") == "grpc")
    found["endpoint"] = _endpoint(given.get("endpoint"), found.get("protocol", PROTOCOLS[0]))
    return Options(**found)


_KEYWORDS = {one.name for one in fields(Options)} - {"is_off", "own_timeout"}
_WORDS = (
    ("protocol", environment.PROTOCOL_NAMES, PROTOCOLS),
    ("temporality", (environment.TEMPORALITY,), TEMPORALITIES),
    ("histograms", (environment.HISTOGRAMS,), HISTOGRAMS),
    ("names", (), NAMES),
)


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise wrong(name, value, f"one of {', '.join(allowed)}")
    return value


def _seconds(given: Mapping[str, Any], name: str, otherwise: float) -> float:
    value = given.get(name, otherwise)
    return number(name, value, lambda seconds: 0 < seconds <= LONGEST, "a positive number of seconds")


def _endpoint(value: object, protocol: str) -> str | None:
    """The endpoint as the exporters take it: of HTTP the whole address, path included."""
    if value is None:
        return None
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        is_good = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
        if parts is not None and parts.port == 0:
            is_good = False
    except ValueError:  # a port that is none
        is_good = False
    if not is_good or parts is None:
        raise wrong("endpoint", value, "an address such as http://localhost:4318")
    if protocol == "http/protobuf" and parts.path in ("", "/"):
        return parts._replace(path="/v1/metrics").geturl()
    return str(value)


def _check_text(found: Mapping[str, Any]) -> None:
    if not isinstance(found.get("resource", {}), Mapping):
        raise wrong("resource", found["resource"], "a mapping of attributes")
    scheme = found.get("url_scheme", "http")
    if not isinstance(scheme, str) or not scheme:
        raise wrong("url_scheme", scheme, "a word such as 'https'")


def _check_exporter(given: Mapping[str, Any]) -> None:
    if "exporter" not in given:
        return
    if not callable(getattr(given["exporter"], "export", None)):
        raise wrong("exporter", given["exporter"], "an OpenTelemetry metric exporter")
    for name in ("endpoint", "protocol", "headers"):
        if name in given:
            raise wrong(name, given[name], "left out where an exporter is given, which has its own")
