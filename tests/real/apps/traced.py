"""A shop in FastAPI (`asgi`) and Flask (`wsgi`) that sends its spans where the environment says."""

import os

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from flask import Flask
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.fastapi import instrument
from mcp_perf.adapters.flask import PerformanceMonitoring

if os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter


@monitor_db_operation("select", "users")
def query():
    """What a handler asks its database."""


@monitor_workflow_step("checkout", "pay")
def pay():
    """A step, which asks too."""
    query()


def rows():
    for _ in range(3):
        query()
        yield "row\n"


asgi = FastAPI(telemetry={"tracing": False}) if hasattr(FastAPI(), "_native_telemetry") else FastAPI()
instrument(asgi)


@asgi.get("/users/{uid}")
async def user(uid: int):
    query()
    return uid


@asgi.get("/threads/{uid}")
def in_a_thread(uid: int):
    pay()
    return uid


@asgi.get("/rows")
def streamed():
    return StreamingResponse(rows())


wsgi = Flask(__name__)
PerformanceMonitoring(wsgi)
wsgi.add_url_rule("/users/<int:uid>", "user", lambda uid: query() or str(uid))
wsgi.add_url_rule("/threads/<int:uid>", "thread", lambda uid: pay() or str(uid))
wsgi.add_url_rule("/rows", "rows", rows)

# Late, as an application's factory may be.
provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(), schedule_delay_millis=100))
trace.set_tracer_provider(provider)
