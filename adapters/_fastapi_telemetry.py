"""FastAPI's own telemetry (0.142 and later), which makes a server span whatever is around it."""

from __future__ import annotations

_DEPTH = 20  # of applications in each other


def traces_itself(app: object) -> bool:
    """Whether `app`, or one inside that has it as ``app``, is a FastAPI application that traces its requests.

    FastAPI has no public way to ask; where its private one is gone, it is taken for one that does not.
    """
    for _ in range(_DEPTH):
        if app is None:
            return False
        telemetry = getattr(app, "_native_telemetry", None)
        if telemetry is not None:
            return _traces(telemetry)
        app = getattr(app, "app", None)
    return False


def _traces(telemetry: object) -> bool:
    from opentelemetry.trace import NoOpTracerProvider, ProxyTracerProvider, get_tracer_provider

    config = getattr(telemetry, "config", {})
    provider = config.get("tracer_provider") or get_tracer_provider()
    return bool(config.get("tracing")) and not isinstance(provider, (NoOpTracerProvider, ProxyTracerProvider))
