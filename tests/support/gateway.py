"""A push gateway that only notes what it is asked, and one that is real."""

import contextlib
import subprocess
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client.parser import text_string_to_metric_families

from .servers import HOST, PATIENCE, free_port


class Noted:
    """What was asked: `requests` are method, path, header fields and samples by name and labels.

    It answers with the next of `statuses`, or with 200; so many of the first requests hang as `hangs` says.
    """

    def __init__(self):
        self.requests = []
        self.statuses = []
        self.is_hanging = threading.Event()
        self.hangs = 0
        self.is_over = threading.Event()

    @property
    def methods(self):
        return [method for method, *_ in self.requests]

    def samples(self, place=-1):
        return self.requests[place][3]

    def value(self, name):
        """What the last request has of a metric without labels; None for nothing."""
        return self.samples().get((name, frozenset()))


@contextlib.contextmanager
def noting(tls=None):
    """A gateway that notes, and its address; with a server's TLS context by that."""
    noted = Noted()

    class Handler(BaseHTTPRequestHandler):
        def _note(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            samples = {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in text_string_to_metric_families(body)
                for sample in family.samples
            }
            noted.requests.append(
                (
                    self.command,
                    self.path,
                    {name.lower(): text for name, text in self.headers.items()},
                    samples,
                )
            )
            if len(noted.requests) <= noted.hangs:
                noted.is_over.wait(PATIENCE)
            while noted.is_hanging.is_set():
                time.sleep(0.01)
            status = noted.statuses.pop(0) if noted.statuses else 200
            self.send_response(status)
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(b"no such luck" if status >= 400 else b"")

        def log_message(self, *_):
            """Nobody reads it."""

    for method in ("PUT", "POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler._note)

    server = ThreadingHTTPServer((HOST, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield noted, f"{'http' if tls is None else 'https'}://{HOST}:{server.server_address[1]}"
    finally:
        noted.is_hanging.clear()
        noted.is_over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class Real:
    """A real push gateway at `address`."""

    def __init__(self, port):
        self.address = f"http://{HOST}:{port}"

    def samples(self, name):
        """The samples of that name, as labels and value."""
        body = urllib.request.urlopen(f"{self.address}/metrics", timeout=PATIENCE).read().decode()
        return [
            (sample.labels, sample.value)
            for family in text_string_to_metric_families(body)
            for sample in family.samples
            if sample.name == name
        ]


@contextlib.contextmanager
def gateway(program, *options):
    """A real push gateway that listens."""
    port = free_port()
    command = [program, f"--web.listen-address={HOST}:{port}", "--log.level=error"]
    # Debian's keeps what it had, for all that are started like this.
    command += ["--persistence.file=", *options]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        found = Real(port)
        deadline = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{found.address}/-/ready", timeout=1).close()
                break
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield found
    finally:
        process.kill()
        process.wait()
