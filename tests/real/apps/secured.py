"""Metrics for who has a token or a password: `asgi` and `wsgi`.

Below ``/text`` there are the same pages as if Accept had allowed text 0.0.4 only: before 2.49 no setting of
Prometheus asks for it.
"""

import logging
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from many import plain_asgi, plain_wsgi, route
from support import secured

from mcp_perf import PerformanceMonitor
from mcp_perf.access import any_of, basic, bearer
from mcp_perf.adapters import asgi as of_asgi
from mcp_perf.adapters import wsgi as of_wsgi

TEXT = "text/plain;version=0.0.4"

logging.basicConfig(level=logging.DEBUG)
monitor = PerformanceMonitor(access=any_of(bearer(secured.TOKEN), basic({secured.NAME: secured.PASSWORD})))
secured.count(monitor)
_asgi = of_asgi.instrument(plain_asgi, monitor=monitor, route=lambda scope: route(scope["path"]))
_wsgi = of_wsgi.instrument(plain_wsgi, monitor=monitor, route=lambda environ: route(environ["PATH_INFO"]))


async def asgi(scope, receive, send):
    if scope.get("path", "").startswith("/text/"):
        headers = [(name, value) for name, value in scope["headers"] if name != b"accept"]
        scope = {
            **scope,
            "path": scope["path"].removeprefix("/text"),
            "headers": [*headers, (b"accept", TEXT.encode())],
        }
    await _asgi(scope, receive, send)


def wsgi(environ, start_response):
    if environ["PATH_INFO"].startswith("/text/"):
        environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix("/text")
        environ["HTTP_ACCEPT"] = TEXT
    return _wsgi(environ, start_response)
