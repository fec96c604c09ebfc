"""Settings, their defaults and their checks. A wrong value fails here, naming itself and what is allowed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, TypeVar

from asgiref.sync import iscoroutinefunction
from prometheus_client import REGISTRY, CollectorRegistry

from .access import access_of
from .access import from_environment as access_from_environment
from .errors import number, wrong
from .registry.labels import check_namespace
from .resolutions import resolutions_of
from .storage.grid import DEFAULT_BUCKETS, Grid

MOST_SLOW = 200  # requests that are kept: a file each, of up to some 20 KB
SIZE_BUCKETS = tuple(float(4**power) for power in range(4, 16))  # 256 bytes to 1 GiB

T = TypeVar("T")
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def _flag(setting: str, value: object) -> None:
    if not isinstance(value, bool):
        raise wrong(setting, value, "True or False")


def check_share(setting: str, value: object) -> float:
    """`value`, if it is a share between 0 and 1."""
    return number(setting, value, lambda share: 0 <= share <= 1, "a number from 0 to 1")


def _optional_callable(setting: str, value: object) -> None:
    if value is not None and (not callable(value) or iscoroutinefunction(value)):
        raise wrong(setting, value, "a callable that is no coroutine function, or None")


def check_retention(setting: str, value: object) -> float | None:
    """`value`, if it is a positive number of seconds or None."""
    if value is None:
        return None
    return number(setting, value, _is_positive, "a positive number of seconds, or None for ever")


def check_slow(setting: str, value: object) -> float | None:
    """`value`, if it is a positive number of seconds or None."""
    if value is None:
        return None
    return number(setting, value, _is_positive, "a positive number of seconds, or None for no slow requests")


def _is_positive(value: float) -> bool:
    return value > 0


def _retentions(value: object) -> Mapping[str, float | None]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise wrong("metric_retention", value, "a mapping of metric names to seconds")
    return MappingProxyType(
        {name: check_retention(f"metric_retention[{name!r}]", seconds) for name, seconds in value.items()}
    )


def _buckets(setting: str, value: object) -> tuple[float, ...]:
    try:
        return Grid(value).classic  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise wrong(setting, value, "finite numbers, strictly ascending, at least one") from None


def _keywords(setting: str, value: object) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping) and all(isinstance(name, str) for name in value):
        return MappingProxyType(dict(value))
    if value is None or isinstance(value, bool):
        return MappingProxyType({}) if value else None
    raise wrong(setting, value, "True, False or a mapping of keywords")


@dataclass(frozen=True, kw_only=True)
class HttpSettings:
    """What may differ from one middleware to the next.

    `exclude`: paths or route templates that are not measured; ``*`` stands for any characters.
    `status_groups`: the label `status` reads ``2xx`` instead of ``200``.
    `sample_rate`: the share of requests that are timed; every request is counted.
    `route`: a callable that gets what the adapter has (the ASGI scope, the WSGI environ, the Django
    request) when a request has ended, and gives its route or None for what the framework says.
    `normalize_path`: a callable from a raw path to a route, where neither knows one.
    `time_to_first_byte`, `request_size`, `response_size`: the opt-in metrics of these names.
    """

    exclude: tuple[str, ...] = ()
    status_groups: bool = False
    sample_rate: float = 1.0
    route: Callable[[Any], str | None] | None = None
    normalize_path: Callable[[str], str | None] | None = None
    time_to_first_byte: bool = False
    request_size: bool = False
    response_size: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.exclude, str) or not isinstance(self.exclude, Iterable):
            raise wrong("exclude", self.exclude, "a list of paths or routes")
        entries = tuple(self.exclude)
        for entry in entries:
            if not isinstance(entry, str) or not entry.startswith(("/", "*", "<")):
                raise wrong("exclude", entry, "a list of paths or routes, each with a leading '/'")
        object.__setattr__(self, "exclude", entries)
        object.__setattr__(self, "sample_rate", check_share("sample_rate", self.sample_rate))
        for flag in ("status_groups", "time_to_first_byte", "request_size", "response_size"):
            _flag(flag, getattr(self, flag))
        for function in ("route", "normalize_path"):
            _optional_callable(function, getattr(self, function))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What one monitor is built from; `http` are the defaults of its middlewares.

    `namespace` is the first word of every metric's name, `service` the name in the summary, `buckets` the
    classic bounds in seconds, `max_series` the cap for each metric, `retention` the seconds that an idle
    series stays (None: for ever), `metric_retention` the same for metrics by name, `registry` the
    prometheus_client registry whose metrics are served too (None: none). `worker_dir` is the directory by
    which several workers find each other, where they cannot by themselves. `history` says in which steps the
    past is kept, and for how long: pairs such as ``5s:10m, 1m:6h``, or ``off``. `access` says who may read
    the metrics app: a rule of `mcp_perf.access`, or one for each of its pages; None: everybody, but for
    profiles, which nobody may have. Of requests that take longer than `slow_request_seconds` (None: of none)
    the newest `slow_requests_kept` are kept, with the stacks where their time went.

    `otlp` are the keywords of `PerformanceMonitor.export_otlp`, or True for none of them; None: nothing is
    pushed. `tracing` says whether there are spans, None: where OpenTelemetry's API is installed.
    `tracer_provider` makes them, None: the global one, as soon as it is set. `trace_sample_rate` is the share
    of the traces beginning here that is recorded. `db_system` is the ``db.system.name`` of database
    operations.
    """

    namespace: str = "mcp"
    service: str = ""
    buckets: tuple[float, ...] = DEFAULT_BUCKETS
    max_series: int = 2000
    retention: float | None = None
    metric_retention: Mapping[str, float | None] = field(default_factory=dict)
    enabled: bool = True
    worker_dir: str | os.PathLike[str] | None = None
    registry: CollectorRegistry | None = REGISTRY
    history: Any = "5s:10m, 1m:6h"
    access: Any = None
    slow_request_seconds: float | None = None
    slow_requests_kept: int = 20
    tracing: bool | None = None
    tracer_provider: Any = None
    trace_sample_rate: float = 1.0
    db_system: str = "other_sql"
    otlp: Any = None
    http: HttpSettings = field(default_factory=HttpSettings)

    def __post_init__(self) -> None:
        try:
            check_namespace(self.namespace)
        except ValueError:
            raise wrong("namespace", self.namespace, "letters, digits and '_', no digit in front") from None
        if not isinstance(self.service, str):
            raise wrong("service", self.service, "a string")
        object.__setattr__(self, "buckets", _buckets("buckets", self.buckets))
        if isinstance(self.max_series, bool) or not isinstance(self.max_series, int) or self.max_series < 1:
            raise wrong("max_series", self.max_series, "a whole number from 1")
        object.__setattr__(self, "retention", check_retention("retention", self.retention))
        object.__setattr__(self, "metric_retention", _retentions(self.metric_retention))
        _flag("enabled", self.enabled)
        if self.registry is not None and not hasattr(self.registry, "collect"):
            raise wrong("registry", self.registry, "a prometheus_client registry or None")
        object.__setattr__(self, "history", resolutions_of("history", self.history))
        object.__setattr__(self, "access", access_of(self.access))
        slow = check_slow("slow_request_seconds", self.slow_request_seconds)
        object.__setattr__(self, "slow_request_seconds", slow)
        kept = self.slow_requests_kept
        if isinstance(kept, bool) or not isinstance(kept, int) or not 1 <= kept <= MOST_SLOW:
            raise wrong("slow_requests_kept", kept, f"a whole number from 1 to {MOST_SLOW}")
        if self.tracing is not None:
            _flag("tracing", self.tracing)
        if self.tracer_provider is not None and not hasattr(self.tracer_provider, "get_tracer"):
            raise wrong("tracer_provider", self.tracer_provider, "an OpenTelemetry tracer provider or None")
        rate = check_share("trace_sample_rate", self.trace_sample_rate)
        object.__setattr__(self, "trace_sample_rate", rate)
        if not isinstance(self.db_system, str) or not self.db_system:
            raise wrong("db_system", self.db_system, "a string such as 'postgresql'")
        object.__setattr__(self, "otlp", _keywords("otlp", self.otlp))

    @property
    def has_retention(self) -> bool:
        """Whether any series leaves when it is idle, of those that have no retention of their own."""
        return self.retention is not None or bool(self.metric_retention)


_HTTP = {one.name for one in fields(HttpSettings)}
_MONITOR = {one.name for one in fields(Settings)} - {"http"}


def build(keywords: Mapping[str, Any]) -> Settings:
    """Settings from keywords, HTTP's among them. TypeError for a name that is no setting."""
    _known(keywords, _MONITOR | _HTTP)
    http = HttpSettings(**{name: value for name, value in keywords.items() if name in _HTTP})
    return Settings(http=http, **{name: value for name, value in keywords.items() if name in _MONITOR})


def build_http(defaults: HttpSettings, keywords: Mapping[str, Any]) -> HttpSettings:
    """`defaults` with `keywords` over them. TypeError for a name that is no HTTP setting."""
    _known(keywords, _HTTP)
    return HttpSettings(**{**{name: getattr(defaults, name) for name in _HTTP}, **keywords})


def check_http(keywords: Mapping[str, Any]) -> None:
    """TypeError or ValueError where `keywords` are no HTTP settings."""
    build_http(HttpSettings(), keywords)


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The keywords that the environment gives; ValueError names the variable."""
    keywords: dict[str, Any] = {}
    # Empty is how a compose file or a shell says "not set".
    if environ.get("MCP_PERF_NAMESPACE"):
        keywords["namespace"] = environ["MCP_PERF_NAMESPACE"]
        try:
            build(keywords)
        except ValueError as error:
            raise ValueError(f"MCP_PERF_NAMESPACE: {error}") from None
    for name in ("enabled", "otlp", "tracing"):
        said = _flag_of(environ, f"MCP_PERF_{name.upper()}")
        if said is not None:
            keywords[name] = said
    service = environ.get("MCP_PERF_SERVICE") or environ.get("OTEL_SERVICE_NAME")
    if service:
        keywords["service"] = service
    if environ.get("MCP_PERF_HISTORY"):
        resolutions_of("MCP_PERF_HISTORY", environ["MCP_PERF_HISTORY"])
        keywords["history"] = environ["MCP_PERF_HISTORY"]
    if environ.get("MCP_PERF_SLOW_REQUEST_SECONDS"):
        keywords["slow_request_seconds"] = _slow_of(environ["MCP_PERF_SLOW_REQUEST_SECONDS"])
    rule = access_from_environment(environ)
    if rule is not None:
        keywords["access"] = rule
    return keywords


def _flag_of(environ: Mapping[str, str], variable: str) -> bool | None:
    if not environ.get(variable):
        return None
    word = environ[variable].strip().lower()
    if word not in _TRUE | _FALSE:
        raise wrong(variable, environ[variable], "one of 1, 0, true, false, yes, no, on, off")
    return word in _TRUE


def _slow_of(text: str) -> float | None:
    try:
        return check_slow("MCP_PERF_SLOW_REQUEST_SECONDS", float(text))
    except ValueError:
        raise wrong("MCP_PERF_SLOW_REQUEST_SECONDS", text, "a positive number of seconds") from None


def _known(keywords: Mapping[str, Any], names: set[str]) -> None:
    for name in keywords:
        if name not in names:
            raise TypeError(f"{name!r} is no setting here; the settings are {', '.join(sorted(names))}")
