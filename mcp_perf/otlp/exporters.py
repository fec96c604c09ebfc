"""The official exporters: imported when one is wished, made in each process that pushes."""

from __future__ import annotations

import importlib
import logging
from types import ModuleType
from typing import Any

from .message import without_exemplars
from .options import Options

logger = logging.getLogger("mcp_perf")

_HINT = "export_otlp needs OpenTelemetry's SDK and exporters: pip install 'mcp_perf[otlp]'"
_ENCODER = "opentelemetry.exporter.otlp.proto.common.metrics_encoder"
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


def _made(options: Options) -> Any:
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


class Connection:
    """The way to the receiver that these options name, by an exporter that is made when something is sent."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._exporter: Any = None
        self._has_complained = False

    def send(self, message: Any) -> bool:
        """Whether the receiver has taken `message`, without its exemplars where it cannot be sent with them.

        Raises whatever the exporter raises, and what encoding raises.
        """
        try:
            return self._sent(message)
        except Exception as error:
            bare = without_exemplars(message)
            if bare is None:
                raise
            is_taken = self._sent(bare)
            if is_taken and not self._has_complained:
                self._has_complained = True
                logger.warning("mcp_perf pushes without exemplars what it cannot push with them: %r", error)
            return is_taken

    def close(self) -> None:
        """Let go of it; somebody else's exporter is somebody else's to close."""
        exporter, self._exporter = self._exporter, None
        if exporter is not None and self._options.exporter is None:
            exporter.shutdown()

    def forked(self) -> None:
        """This is a child: the connection is the parent's."""
        self._exporter = None

    def _sent(self, message: Any) -> bool:
        if self._exporter is None:
            self._exporter = _made(self._options)
        is_taken = _exported(self._exporter, message, self._options.timeout)
        if not is_taken and self._options.exporter is None:
            # Of the official exporters some log why a message cannot be encoded, and say no more than False.
            importlib.import_module(_ENCODER).encode_metrics(message)
        return is_taken


def _exported(exporter: Any, data: Any, timeout: float) -> bool:
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
