"""What others add to a request, where they are installed.

As they come, with a registry of their own: most count more than one metric then, as we do.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import server
from applications import fastapi_app, flask_app, starlette_app
from http_frameworks import SUBJECTS as FRAMEWORKS
from measure import BARE, MINIMUM, OURS, Subject, Variant
from prometheus_client import CollectorRegistry
from work import Work


def starlette_exporter() -> Work:
    from starlette_exporter import PrometheusMiddleware

    return server.asgi(starlette_app((PrometheusMiddleware, {})))


def instrumentator(make) -> Work:
    from prometheus_fastapi_instrumentator import Instrumentator

    app = make()
    Instrumentator(registry=CollectorRegistry()).instrument(app)
    return server.asgi(app)


def opentelemetry(make) -> Work:
    from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.trace import NoOpTracerProvider

    meters = MeterProvider(metric_readers=[InMemoryMetricReader()])
    return server.asgi(OpenTelemetryMiddleware(make(), None, None, None, NoOpTracerProvider(), meters))


def flask_exporter() -> Work:
    from prometheus_flask_exporter import PrometheusMetrics

    app = flask_app()
    PrometheusMetrics(app, path=None, registry=CollectorRegistry())
    return server.wsgi(app)


def django_prometheus() -> Work:
    from django_project import get_response

    where = "django_prometheus.middleware.Prometheus{}Middleware"
    return get_response(where.format("Before"), where.format("After"))


PEERS: dict[str, dict[str, Callable[[], Work]]] = {
    "starlette": {
        "starlette_exporter": starlette_exporter,
        "prometheus_fastapi_instrumentator": lambda: instrumentator(starlette_app),
        "opentelemetry.instrumentation.asgi": lambda: opentelemetry(starlette_app),
    },
    "fastapi": {
        "prometheus_fastapi_instrumentator": lambda: instrumentator(fastapi_app),
        "opentelemetry.instrumentation.asgi": lambda: opentelemetry(fastapi_app),
    },
    "flask": {"prometheus_flask_exporter": flask_exporter},
    "django-sync": {"django_prometheus": django_prometheus},
}


def compare(framework: str) -> Subject:
    subject = FRAMEWORKS[framework]()
    variants = {name: subject.variants[name] for name in (BARE, MINIMUM, OURS)}
    for module, make in PEERS[framework].items():
        if _is_installed(module):
            variants[module] = Variant(make)
        else:
            print(f"{module}: not installed")
    return Subject(f"{subject.title} and peers", variants)


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False


SUBJECTS = {f"{name}-peers": lambda name=name: compare(name) for name in PEERS}
