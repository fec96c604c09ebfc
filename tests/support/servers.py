"""Real servers: each a process of its own on a free loopback port, started and stopped by a test."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

TESTS = Path(__file__).resolve().parents[1]
EXAMPLES = TESTS.parent / "examples"
APPS = TESTS / "real" / "apps"
HOST = "127.0.0.1"
PATIENCE = 20.0  # seconds until a test gives up what never takes that long

_SETTINGS = ("MCP_PERF_", "DJANGO_", "GUNICORN_", "UVICORN_", "WEB_CONCURRENCY")
_given = set()


def free_port():
    """A port of the loopback address that nobody listens on; never the same one twice."""
    while True:
        with socket.socket() as probe:
            probe.bind((HOST, 0))
            port = probe.getsockname()[1]
        if port not in _given:
            _given.add(port)
            return port


def settled(read, expected, patience=PATIENCE):
    """What `read()` gives as soon as it is `expected`, or what it gives when the patience is over.

    A server writes its record an instant after the client has its answer.
    """
    deadline = time.monotonic() + patience
    while True:
        actual = read()
        if actual == expected or time.monotonic() > deadline:
            return actual
        time.sleep(0.02)


@dataclass(frozen=True)
class Command:
    """How a server is started: its arguments, in which ``{port}`` is filled in, and where."""

    arguments: tuple
    directory: Path


def uvicorn(app, *options, http="h11", directory=EXAMPLES):
    """Uvicorn with one of its HTTP parsers, ``h11`` or ``httptools``."""
    module = ("-m", "uvicorn", app, "--host", HOST, "--port", "{port}", "--http", http)
    return Command((*module, "--no-access-log", *options), directory)


def gunicorn(app, *options, worker="sync", directory=EXAMPLES):
    """Gunicorn with one worker process of the class ``sync`` or ``gthread``."""
    module = ("-m", "gunicorn", app, "--bind", HOST + ":{port}", "--worker-class", worker)
    threads = ("--threads", "8") if worker == "gthread" else ()
    return Command((*module, "--workers", "1", *threads, *options), directory)


def hypercorn(app, *options, directory=EXAMPLES):
    """Hypercorn, which serves in a child of its own even where there is one worker."""
    return Command(("-m", "hypercorn", app, "--bind", HOST + ":{port}", *options), directory)


def granian(app, *options, interface="asgi", directory=EXAMPLES):
    """Granian, for an application of the interface ``asgi`` or ``wsgi``."""
    module = ("-m", "granian", app, "--interface", interface, "--host", HOST, "--port", "{port}")
    return Command((*module, *options), directory)


def uwsgi(module, *options, directory=EXAMPLES):
    """The uWSGI of this Python."""
    program = str(Path(sys.executable).with_name("uwsgi"))
    address = ("--http-socket", HOST + ":{port}", "--virtualenv", sys.prefix)
    return Command((program, *address, "--module", module, "--die-on-term", *options), directory)


def wsgiref(app):
    """The standard library's WSGI server, for an application of the tests."""
    return Command(("serve_wsgiref.py", app, HOST, "{port}"), APPS)


class Server:
    """A server that runs. Whatever it says is in `output()`."""

    def __init__(self, process, port, log):
        self.process = process
        self.port = port
        self._log = log

    @property
    def address(self):
        return f"{HOST}:{self.port}"

    def output(self):
        """All that the server has printed."""
        return Path(self._log).read_text("utf-8", "replace")

    def connect(self):
        """A raw connection."""
        return socket.create_connection((HOST, self.port), timeout=PATIENCE)

    def ask(self, path, method="GET", body=None, headers=()):
        """Status, header fields and body of the answer to one request on a connection of its own."""
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def render(self, names=()):
        """The content type and bytes of ``/metrics``, so that `support.readings` reads a server too."""
        status, headers, body = self.ask("/metrics?" + urlencode([("name[]", name) for name in names]))
        assert 200 == status, f"{body!r}\n{self.output()}"
        return headers["Content-Type"], body

    def is_listening(self):
        """Whether the server takes connections."""
        try:
            socket.create_connection((HOST, self.port), timeout=PATIENCE).close()
        except OSError:
            return False
        return True

    def terminate(self, number=signal.SIGTERM):
        """Ask the server to stop, as a service manager does, or with another signal."""
        self.process.send_signal(number)

    def wait(self):
        """The exit status of a server that was told to stop."""
        return self.process.wait(PATIENCE)

    def stop(self):
        """Stop the server, by force if it does not heed, and whatever it leaves behind."""
        if self.process.poll() is None:
            self.terminate()
            try:
                self.process.wait(5.0)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:  # nothing
            pass
        self.process.wait()


@contextlib.contextmanager
def running(command):
    """The `Server` that a command starts, from when it listens."""
    port = free_port()
    arguments = [argument.format(port=port) for argument in command.arguments]
    if arguments[0].startswith("-") or arguments[0].endswith(".py"):
        arguments.insert(0, sys.executable)
    with tempfile.TemporaryDirectory(prefix="server-") as directory, open(f"{directory}/log", "wb") as log:
        process = subprocess.Popen(
            arguments,
            cwd=command.directory,
            env=_environment(directory),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its workers can be killed with it
        )
        server = Server(process, port, log.name)
        try:
            _await(server, arguments)
            yield server
        finally:
            server.stop()


def _environment(directory):
    """Ours without settings that the server is not meant to have; gunicorn keeps a socket in `directory`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return {**kept, "PYTHONUNBUFFERED": "1", "XDG_RUNTIME_DIR": directory}


def _await(server, arguments):
    deadline = time.monotonic() + PATIENCE
    while not server.is_listening():
        ended = server.process.poll()
        assert ended is None, f"{arguments} ended with {ended}:\n{server.output()}"
        assert time.monotonic() < deadline, f"{arguments} does not listen:\n{server.output()}"
        time.sleep(0.02)
