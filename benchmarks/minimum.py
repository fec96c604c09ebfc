"""What a careful engineer would write by hand, for one framework and one metric.

Two clock reads, the status from where it passes by, the route from where the framework keeps it, and one
critical section that looks the cell up and adds to count, sum and bucket. The section is written out each
time, since a function for it would cost a call. Nothing else: no requests in progress, no end of the body,
no disconnects, no cap on the number of cells, no faults caught.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from threading import Lock
from time import perf_counter

from asgiref.sync import iscoroutinefunction, markcoroutinefunction

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)


class Cell:
    __slots__ = ("buckets", "count", "sum")

    def __init__(self):
        self.count = 0
        self.sum = 0.0
        self.buckets = [0] * (len(BOUNDS) + 1)


class Asgi:
    """For any ASGI application; `route` gives the label from the scope after the application is through."""

    def __init__(self, app, route):
        self.app = app
        self.route = route
        self.cells = defaultdict(Cell)
        self.lock = Lock()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        start = perf_counter()
        status = 500

        def listening(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            return send(message)

        try:
            await self.app(scope, receive, listening)
        finally:
            elapsed = perf_counter() - start
            key = scope["method"], self.route(scope), status
            with self.lock:
                cell = self.cells[key]
                cell.count += 1
                cell.sum += elapsed
                cell.buckets[bisect_left(BOUNDS, elapsed)] += 1


class Wsgi:
    """For any WSGI application; `route` gives the label from the environment when the response begins."""

    def __init__(self, app, route):
        self.app = app
        self.route = route
        self.cells = defaultdict(Cell)
        self.lock = Lock()

    def __call__(self, environ, start_response):
        start = perf_counter()
        status = 500
        route = None

        def listening(line, headers, exc_info=None):
            nonlocal status, route
            status = int(line[:3])
            route = self.route(environ)
            return start_response(line, headers, exc_info)

        try:
            return self.app(environ, listening)
        finally:
            elapsed = perf_counter() - start
            key = environ["REQUEST_METHOD"], route, status
            with self.lock:
                cell = self.cells[key]
                cell.count += 1
                cell.sum += elapsed
                cell.buckets[bisect_left(BOUNDS, elapsed)] += 1


class WsgiToTheLastByte(Wsgi):
    """As above, but for the end: when the server has read and closed the body."""

    def __call__(self, environ, start_response):
        start = perf_counter()
        status = 500
        route = None

        def listening(line, headers, exc_info=None):
            nonlocal status, route
            status = int(line[:3])
            route = self.route(environ)
            return start_response(line, headers, exc_info)

        def body(chunks):
            try:
                yield from chunks
            finally:
                if hasattr(chunks, "close"):
                    chunks.close()
                elapsed = perf_counter() - start
                key = environ["REQUEST_METHOD"], route, status
                with self.lock:
                    cell = self.cells[key]
                    cell.count += 1
                    cell.sum += elapsed
                    cell.buckets[bisect_left(BOUNDS, elapsed)] += 1

        return body(self.app(environ, listening))


class Django:
    """A middleware for Django's sync handler."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.cells = defaultdict(Cell)
        self.lock = Lock()

    def __call__(self, request):
        start = perf_counter()
        status = 500
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            elapsed = perf_counter() - start
            match = request.resolver_match
            key = request.method, match.route if match else None, status
            with self.lock:
                cell = self.cells[key]
                cell.count += 1
                cell.sum += elapsed
                cell.buckets[bisect_left(BOUNDS, elapsed)] += 1


class AsyncDjango:
    """A middleware for Django's async handler."""

    sync_capable = False
    async_capable = True

    def __init__(self, get_response):
        assert iscoroutinefunction(get_response)
        markcoroutinefunction(self)
        self.get_response = get_response
        self.cells = defaultdict(Cell)
        self.lock = Lock()

    async def __call__(self, request):
        start = perf_counter()
        status = 500
        try:
            response = await self.get_response(request)
            status = response.status_code
            return response
        finally:
            elapsed = perf_counter() - start
            match = request.resolver_match
            key = request.method, match.route if match else None, status
            with self.lock:
                cell = self.cells[key]
                cell.count += 1
                cell.sum += elapsed
                cell.buckets[bisect_left(BOUNDS, elapsed)] += 1


def constant(source):
    """The route where there is no router."""
    return "/"


def starlette(scope):
    """The template of the route that Starlette matched."""
    route = scope.get("route")
    return route.path if route is not None else None


def fastapi(scope):
    """The template of the route that FastAPI matched, with the prefixes of included routers."""
    context = scope["fastapi"]["effective_route_context"] if "fastapi" in scope else scope.get("route")
    return context.path if context is not None else None


def flask(environ):
    """The rule that Flask matched."""
    rule = environ["werkzeug.request"].url_rule
    return rule.rule if rule is not None else None
