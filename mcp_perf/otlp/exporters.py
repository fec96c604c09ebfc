"""The official exporters: imported when one is wished, made in each process that pushes."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from .options import Options

_HINT = "export_otlp needs OpenTelemetry's SDK and exporters: pip install 'mcp_perf[otlp]'"
_SUPPRESS = "suppress_instrumentation"
_MODULES = {
    "http/protobuf": "opentelemetry.exporter.otlp.proto.http.metric_exporter",
    "grpc": "opentelemetry.exporter.otlp.proto.grpc.metric_exporter",
}


def needed(options: Options) -> ModuleType | None:
    """Import all that these options need; ImportError says which extra has it.

    At once, and not when something is pushed first: in a child that is forked in the midst of an import
    nobody would go on with it.
    """
    try:
        for name in ("sdk.metrics.export", "sdk.resources", "sdk.util.instrumentation", "context"):
            importlib.import_module(f"opentelemetry.{name}")
        return importlib.import_module(_MODULES[options.protocol]) if options.exporter is None else None
    except ImportError as error:
        raise ImportError(_HINT) from error


def made(options: Options) -> Any:
    """An exporter as these options have it; what they leave open it reads from its variables.

    Raises whatever it raises where these are wrong.
    """
    module = needed(options)
    if module is None:
        return options.exporter
    headers = options.headers
    if headers is not None and options.protocol == "grpc":
        headers = {name.lower(): value for name, value in headers.items()}  # gRPC takes no others
    return module.OTLPMetricExporter(
        endpoint=options.endpoint,
        headers=dict(headers) if headers is not None else None,
        timeout=options.own_timeout,
    )


def exported(exporter: Any, data: Any, timeout: float) -> bool:
    """Whether the receiver has taken `data`; raises whatever the exporter raises."""
    context = importlib.import_module("opentelemetry.context")
    # So that no instrumentation of a HTTP client traces what is no request of the application's: under the
    # key of the SDK, and under its plain name, which some of them look at.
    found = context.set_value(_SUPPRESS, True)
    found = context.set_value(getattr(context, "_SUPPRESS_INSTRUMENTATION_KEY", _SUPPRESS), True, found)
    token = context.attach(found)
    try:
        result = exporter.export(data, timeout_millis=timeout * 1000)
    finally:
        context.detach(token)
    return getattr(result, "name", "") == "SUCCESS"
