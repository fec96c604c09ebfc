"""A WSGI server in memory, as strict as PEP 3333 lets a server be."""

import contextvars
import io
from urllib.parse import unquote_to_bytes
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from support.shop import Answer, variable


def environment(method="GET", path="/", *, body=b"", headers=None, **more):
    """The environ of a request; `path` is percent-encoded and may have a query, `more` goes over the rest."""
    path, _, query = path.partition("?")
    environ = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(body),
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, text in (headers or {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ.update(more)
    setup_testing_defaults(environ)
    return environ


class Call:
    """One call of an application; a test takes it through the stages that a server goes through.

    `status` and `headers` are those that were sent, which is with the first part of the body and not before.
    """

    def __init__(self, app, environ=None):
        self.app = app
        self.environ = environ if environ is not None else environment()
        self.result = None
        self.status = None
        self.headers = {}
        self.parts = []
        self._told = None
        self._iterator = None

    def start_response(self, status, headers, exc_info=None):
        """The `start_response` that the application gets."""
        try:
            if exc_info is not None and self.status is not None:
                raise exc_info[1].with_traceback(exc_info[2])
            assert exc_info is not None or self._told is None, "start_response called twice"
        finally:
            exc_info = None
        assert type(status) is str
        assert type(headers) is list
        self._told = int(status.split(" ", 1)[0]), {name.lower(): text for name, text in headers}
        return self.send

    def send(self, part):
        """Send a part of the body; also the `write` that the application gets."""
        assert type(part) is bytes
        assert self._told is not None, "a body without a start"
        if self.status is None:
            self.status, self.headers = self._told
        self.parts.append(part)

    def begin(self):
        """Call the application."""
        self.result = self.app(self.environ, self.start_response)
        return self

    def take(self, count):
        """Send the next `count` parts of the body, or what is left of them."""
        if self._iterator is None:
            self._iterator = iter(self.result)
        for _ in range(count):
            try:
                part = next(self._iterator)
            except StopIteration:
                if self.status is None:
                    self.send(b"")
                break
            self.send(part)
        return self

    def close(self):
        """Close the body, as a server does whatever has happened."""
        self._iterator = None
        if hasattr(self.result, "close"):
            self.result.close()
        return self

    def finish(self, leave_after=None):
        """Begin, send everything (or so many parts, then the client has gone), close."""
        self.begin()
        try:
            self.take(10**9 if leave_after is None else leave_after)
        finally:
            self.close()
        return self

    @property
    def body(self):
        """What the client has got; nothing for HEAD."""
        return b"" if self.environ.get("REQUEST_METHOD") == "HEAD" else b"".join(self.parts)


def ask(app, method="GET", path="/", *, leave_after=None, valid=True, **request):
    """Send one request and read its answer to the end, with the standard library's validator in between.

    `request` is more for `environment`. An exception that reaches the server is in the answer.
    """
    call = Call(validator(app) if valid else app, environment(method, path, **request))

    def serve():
        variable.set("server")
        error = None
        try:
            call.finish(leave_after)
        except BaseException as raised:
            error = raised
        return Answer(call.status, call.headers, call.body, error, variable.get())

    return contextvars.copy_context().run(serve)
