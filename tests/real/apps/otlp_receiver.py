"""A receiver of OTLP, metrics and traces, by HTTP or gRPC: ``otlp_receiver.py http|grpc PORT FILE``.

It writes each request to the end of the file, with its length in front, before it answers; so one that is
killed has what it has acknowledged, and perhaps a request more.
"""

import gzip
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

protocol, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
file = open(path, "ab", buffering=0)  # noqa: SIM115 - as long as the process lives


def keep(request, about):
    """Write a request down, and how it came, in one go."""
    head = about.encode()
    body = request.SerializeToString()
    file.write(b"%d %d\n" % (len(head), len(body)) + head + body)


KINDS = {
    "/v1/metrics": (ExportMetricsServiceRequest, ExportMetricsServiceResponse),
    "/v1/traces": (ExportTraceServiceRequest, ExportTraceServiceResponse),
}


class Handler(BaseHTTPRequestHandler):
    """OTLP/HTTP, with protobuf in it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        asked, answered = KINDS[self.path]
        keep(asked.FromString(body), f"{self.path} {self.headers.get('x-team')}")
        answer = answered().SerializeToString()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-protobuf")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Nobody reads it."""


class TraceService(TraceServiceServicer):
    """OTLP/gRPC of traces."""

    def Export(self, request, context):
        keep(request, "/v1/traces by grpc")
        return ExportTraceServiceResponse()


class Service(MetricsServiceServicer):
    """OTLP/gRPC."""

    def Export(self, request, context):
        keep(request, f"grpc {dict(context.invocation_metadata()).get('x-team')}")
        return ExportMetricsServiceResponse()


if protocol == "http":
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
else:
    server = grpc.server(ThreadPoolExecutor(4))
    add_MetricsServiceServicer_to_server(Service(), server)
    add_TraceServiceServicer_to_server(TraceService(), server)
    assert server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    server.wait_for_termination()
