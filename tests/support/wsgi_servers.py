"""Real servers' own code for one WSGI request, without a port: wsgiref's and gunicorn's."""

import io
import socket
import threading
from http.client import HTTPResponse
from wsgiref.handlers import SimpleHandler

from gunicorn.config import Config
from gunicorn.workers.sync import SyncWorker

from support.wsgi_driver import environment


class _Text:
    """Bytes that `http.client` reads as if they came over a connection."""

    def __init__(self, text):
        self._text = text

    def makefile(self, mode):
        return io.BytesIO(self._text)


def _parsed(text, method):
    answer = HTTPResponse(_Text(text), method=method)
    answer.begin()
    return answer


class _Handler(SimpleHandler):
    http_version = "1.1"

    def log_exception(self, exc_info):
        """Keep quiet: the tests look at the answer."""


def wsgiref(app, method="GET", path="/"):
    """What wsgiref answers, as an `HTTPResponse`."""
    out = io.BytesIO()
    environ = environment(method, path)
    handler = _Handler(environ["wsgi.input"], out, io.StringIO(), environ, multithread=False)
    handler.run(app)
    return _parsed(out.getvalue(), method)


class _Silent:
    """A log for gunicorn: the tests look at the answer."""

    def __getattr__(self, name):
        return lambda *args, **keywords: None


def gunicorn(app, method="GET", path="/", *, read=None):
    """What gunicorn answers; with `read` the client goes away after so many bytes, which gives None."""
    server, client = socket.socketpair()
    with socket.socket() as listener, server, client:
        worker = SyncWorker(1, 1, [], None, 30, Config(), _Silent())
        worker.wsgi = app
        client.sendall(f"{method} {path} HTTP/1.1\r\nHost: testserver\r\n\r\n".encode())
        thread = threading.Thread(target=worker.handle, args=(listener, server, ("127.0.0.1", 1)))
        thread.start()
        try:
            text = b""
            while part := client.recv(65536 if read is None else read):
                text += part
                if read is not None:
                    break
        finally:
            client.close()
            thread.join()
            worker.tmp.close()
    return _parsed(text, method) if read is None else None
