"""A receiver of OTLP that runs as a process of its own, and may be killed and started again."""

import contextlib
import signal
import socket
import subprocess
import sys
import time

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from .otlp import points
from .servers import APPS, HOST, PATIENCE, free_port

TRACES = "/v1/traces"


class Collector:
    """A receiver on one port, by ``http`` or ``grpc``; what it was told survives it."""

    def __init__(self, protocol, directory):
        self.protocol = protocol
        self.port = free_port()
        self._file = directory / f"{protocol}-{self.port}"
        self._file.touch()
        self._process = None

    @property
    def endpoint(self):
        return f"http://{HOST}:{self.port}"

    @property
    def variables(self):
        """What tells an exporter of it."""
        protocol = "grpc" if self.protocol == "grpc" else "http/protobuf"
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL": protocol}

    def start(self):
        """Have it listen."""
        command = [sys.executable, APPS / "otlp_receiver.py", self.protocol, str(self.port), self._file]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection((HOST, self.port), timeout=1).close()
                return
            assert self._process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self):
        """Kill it, whatever it is at."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def requests(self):
        """How each request with metrics came, and the request."""
        kept = [(about, body) for about, body in self._kept() if not about.startswith(TRACES)]
        return [(about, ExportMetricsServiceRequest.FromString(body)) for about, body in kept]

    def spans(self):
        """All spans that came, each with the attributes of its resource."""
        kept = [body for about, body in self._kept() if about.startswith(TRACES)]
        return [
            (span, {one.key: one.value.string_value for one in resource.resource.attributes})
            for body in kept
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    def _kept(self):
        data, found = self._file.read_bytes(), []
        while data:
            line, _, data = data.partition(b"\n")
            head, body = map(int, line.split())
            found.append((data[:head].decode(), data[head : head + body]))
            data = data[head + body :]
        return found

    def points(self, metric=None):
        """All points that came, of one metric, in their order."""
        found = [one for _, request in self.requests() for one in points(request)]
        return [one for one in found if metric in (None, one.metric)]


@contextlib.contextmanager
def collecting(protocol, directory):
    """A `Collector` that listens."""
    collector = Collector(protocol, directory)
    try:
        collector.start()
        yield collector
    finally:
        collector.kill()
