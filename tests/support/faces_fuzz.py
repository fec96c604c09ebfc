"""The faces of the metrics app, each asked the same, and their answers as they can be compared."""

import asyncio
import gzip
import json
from typing import NamedTuple
from wsgiref.validate import validator

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import asgi
from support.asgi_driver import AsgiServer
from support.readings import FakeClock
from support.requests_fuzz import RULES
from support.wsgi_driver import Call


class Answer(NamedTuple):
    """An answer as it can be compared: header fields sorted, the body without its compression."""

    status: int
    fields: tuple
    body: object


def monitor_of(access="open"):
    """A monitor that has measured a little; any two of them answer alike."""
    found = PerformanceMonitor(
        registry=None,
        clock=FakeClock().clock,
        access=RULES.get(access) if isinstance(access, str) else access,
    )
    for kind in ("one", 'tw"o\\', "drei ü"):
        found.counter("odd", "Odd.", ["kind"]).labels(kind).inc(len(kind))
    found.histogram("spread", "Spread.").observe(0.3)
    asgi.PerformanceMonitoringMiddleware(None, found)  # which has metrics that others have not
    return found


def answer(asked, status, fields, content):
    """The `Answer`, once it is in order by itself."""
    named = {name.lower(): value for name, value in fields}
    assert status in (200, 400, 401, 403, 404, 405), content
    assert asked.method == "HEAD" or len(content) == int(named["content-length"])
    assert asked.method != "HEAD" or content == b""
    if named.get("content-encoding") == "gzip" and content:
        content = gzip.decompress(content)
    kept = sorted((name.lower(), value) for name, value in fields)
    if named["content-type"] == "application/json":
        # What the process says of itself changes all the time, and so does the length.
        kept = [(name, value) for name, value in kept if name != "content-length"]
        content = content and {key: part for key, part in json.loads(content).items() if key != "process"}
    return Answer(status, tuple(kept), content)


def through_asgi(app, asked):
    async def ask():
        server = AsgiServer(asked.scope())
        return (await server.run(app)).error, server.got

    error, messages = asyncio.run(ask())
    assert None is error
    begin, *parts = messages
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in begin["headers"]]
    return answer(asked, begin["status"], fields, b"".join(part.get("body", b"") for part in parts))


def through_wsgi(app, asked):
    told = []

    def listening(environ, start_response):
        def note(status, fields, exc_info=None):
            told.append((status, fields))
            return start_response(status, fields)

        return app(environ, note)

    call = Call(validator(listening), asked.environ()).finish()
    ((status, fields),) = told
    return answer(asked, int(status[:3]), fields, call.body)
