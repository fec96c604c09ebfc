"""Small WSGI applications and their bodies, and what is counted of one request."""

from support.readings import requests

BIG = b"x" * 100_000  # more than fits any socket buffer


def answering(body, *headers, status="200 OK"):
    """An application that answers with this body, made anew by a callable if it is one."""

    def app(environ, start_response):
        start_response(status, list(headers))
        return body() if callable(body) else body

    return app


def length(number):
    return "Content-Length", str(number)


class Sized:
    """An iterable that knows its number of parts, counts how often it is closed, and is no list."""

    def __init__(self, *parts):
        self.parts = parts
        self.closed = 0

    def __len__(self):
        return len(self.parts)

    def __iter__(self):
        return iter(self.parts)

    def close(self):
        self.closed += 1


class ClosableList(list):
    closed = 0

    def close(self):
        self.closed += 1


def status_of(monitor):
    """The status of the one request that was counted, None where none was."""
    counted = requests(monitor)
    assert sum(counted.values()) <= 1
    return next((int(status) for _, _, status in counted), None)
