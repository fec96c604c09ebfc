"""Django: one middleware class for sync and async, and the URL patterns of the metrics app."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings as django_settings
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.urls import path as url_path
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt

from ..default import Binding
from ..endpoint import Endpoint, Request
from ..errors import wrong
from ..http.body import HEAD, NOTHING, PART, SMALL, BodyExchange
from ..http.company import accompanied, accompanied_async, accompanied_parts_async
from ..http.exchange import drop
from ..http.facts import Facts
from ..http.routes import Reader
from ..monitor import PerformanceMonitor
from ..mount_point import MountPoint
from ..settings import check_http
from ._wsgi_body import Closing, Stream
from ._wsgi_environ import facts_of_environ, variable_of
from ._wsgi_input import Input, declared_length

__all__ = ["PerformanceMonitoringMiddleware", "metrics_urls"]

_AT_ONCE = 1 << 18  # bytes of an answer that is not worth streaming


class _DjangoExchange(BodyExchange):
    """A request as a middleware sees it."""

    __slots__ = ()

    def follow(self, response: Any) -> None:
        """Find the end of `response`, which goes to the server now."""
        try:
            self.status = response.status_code
            if not response.streaming:
                try:
                    # What `content` joins anew each time it is asked; nearly always it is one string.
                    (part,) = response._container
                    size = len(part)
                except (AttributeError, ValueError):
                    size = len(response.content)
                if self.carried is not None:
                    self.carried.bytes_out(size)
                if size <= SMALL:
                    return self.end()
            self._follow_body(response)
        except Exception as error:
            self.measure.faults.lost("http", error)
            self.end()
        return None

    def _follow_body(self, response: Any) -> None:
        self.headers = ()
        # An ASGI server gets the status before the first part, a WSGI server with it.
        self.progress = HEAD if hasattr(self.source, "scope") else NOTHING
        if getattr(response, "file_to_stream", None) is not None:
            self.sends_itself()
        elif response.streaming:
            content = response.streaming_content
            followed = _followed(content, self) if response.is_async else Stream(content, self)
            response.streaming_content = followed
        response._resource_closers.append(Closing(self))


async def _followed(content: Any, exchange: BodyExchange) -> AsyncIterator[bytes]:
    if exchange.company is not None:
        content = accompanied_parts_async(content, exchange.company)
    try:
        async with aclosing(content):
            async for chunk in content:
                exchange.progress = PART
                if exchange.carried is not None:
                    exchange.carried.bytes_out(len(chunk))
                yield chunk
    except BaseException as error:
        exchange.fail(error)
        raise
    exchange.end()


class PerformanceMonitoringMiddleware:
    """Measures every request of a Django project: one line in ``MIDDLEWARE``, the first.

    The setting ``MCP_PERF``, a dict, has its HTTP settings (`mcp_perf.settings.HttpSettings`) and perhaps a
    ``"monitor"``, itself or its dotted path; without one the default monitor is used. Raises TypeError or
    ValueError for a wrong setting.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)
        monitor, http_settings = _options()
        reader = Reader(lambda request: request.path_info, _facts, _template)
        self._http = Binding(monitor, lambda found: found.http(http_settings, reader))
        got_request_exception.connect(self._uncaught)

    def __call__(self, request: Any) -> Any:
        """Measure a request: at once, or as a coroutine where the handler is async."""
        exchange = None
        try:
            measure = self._http.value or self._http.bind()
            # Not `request.__dict__`: asking for it makes every later look at the request slower.
            outer = getattr(request, measure.key, None)
            if (outer is None or not outer.open) and (  # else this monitor is in MIDDLEWARE twice
                measure.exclude is None or measure.path(request) not in measure.exclude
            ):
                exchange = _DjangoExchange()
                exchange.begin(measure, request.method, request)
                exchange.progress = NOTHING
                setattr(request, measure.key, exchange)
                if measure.join is not None:
                    exchange.company = measure.join(exchange)
                length = request.META.get("CONTENT_LENGTH")
                if (measure.metered or (length and length != "0")) and hasattr(request, "_stream"):
                    request._stream = Input(request._stream, exchange, declared_length(length))
        except Exception as error:
            self._http.lost("http", error)
            if exchange is not None:
                exchange.drop()
                exchange = None
        if exchange is None:
            return self._get_response(request)
        if self._is_async:
            return self._answer(request, exchange)
        get_response = self._get_response
        if exchange.company is not None:
            get_response = accompanied(get_response, exchange.company)
        try:
            response = get_response(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        exchange.follow(response)
        return response

    async def _answer(self, request: Any, exchange: _DjangoExchange) -> Any:
        get_response = self._get_response
        if exchange.company is not None:
            get_response = accompanied_async(get_response, exchange.company)
        try:
            response = await get_response(request)
        except BaseException as error:
            exchange.fail(error)
            raise
        exchange.follow(response)
        return response

    def _uncaught(self, request: Any = None, **_: Any) -> None:
        measure = self._http.value
        exchange = getattr(request, "__dict__", {}).get(measure.key) if measure is not None else None
        error = sys.exc_info()[1]
        if exchange is not None and error is not None:
            exchange.uncaught(error)


_BELOW = "_mcp_perf_below"  # the path below the mount, as a view is told of it


def metrics_urls(path: str = "/metrics", monitor: PerformanceMonitor | None = None) -> list[URLPattern]:
    """URL patterns that serve the metrics app at `path`: ``urlpatterns += metrics_urls()``.

    Raises ValueError for a path that cannot be one.
    """
    # As in other URL patterns, the slash in front may be left out.
    mount = MountPoint("/" + path.lstrip("/") if isinstance(path, str) else path).path.lstrip("/")
    endpoint = Endpoint(monitor)

    # Below a prefix that captures something, Django gives a view that too, under any name.
    def view(request: HttpRequest, *_: Any, **captured: Any) -> HttpResponseBase:
        below = captured.get(_BELOW, "")
        drop(request.__dict__.values())
        answer = endpoint.answer(
            Request(
                method=request.method or "",
                path=f"/{below}" if below else "",
                query=request.META.get("QUERY_STRING", ""),
                header=lambda name: request.META.get(variable_of(name), ""),
                client=request.META.get("REMOTE_ADDR", ""),
                # Not of META, in which Django has it for every request of an ASGI server.
                is_multiprocess=bool(getattr(request, "environ", {}).get("wsgi.multiprocess")),
            )
        )
        headers: dict[str, str] = {}
        for name, value in answer.headers:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if sum(map(len, answer.parts)) <= _AT_ONCE:
            return HttpResponse(answer.body, status=answer.status, headers=headers)
        # Of a large answer slow readers share the parts, where each would have a copy of the whole.
        parts: Any = endpoint.sent(answer)
        if hasattr(request, "scope"):
            parts = _one_by_one(parts)
        return StreamingHttpResponse(parts, status=answer.status, headers=headers)

    exempt = csrf_exempt(view)  # a POST is answered 405, whoever sends it
    return [url_path(where, exempt) for where in (mount, f"{mount}/", f"{mount}/<path:{_BELOW}>")]


async def _one_by_one(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def _facts(request: Any) -> Facts:
    # An ASGI server's requests have most of an environment, in Django's own words.
    facts = facts_of_environ(request.META)
    version = getattr(request, "scope", {}).get("http_version")
    return facts._replace(scheme=request.scheme, path=request.path, protocol=str(version or facts.protocol))


def _template(request: Any) -> str | None:
    match = request.resolver_match
    return None if match is None else match.route


def _options() -> tuple[PerformanceMonitor | None, dict[str, Any]]:
    options = getattr(django_settings, "MCP_PERF", {})
    if not isinstance(options, dict):
        raise wrong("MCP_PERF", options, "a dict")
    http_settings = dict(options)
    monitor = http_settings.pop("monitor", None)
    check_http(http_settings)
    if isinstance(monitor, str):
        try:
            monitor = import_string(monitor)
        except ImportError as error:
            raise wrong('MCP_PERF["monitor"]', monitor, "a PerformanceMonitor or its dotted path") from error
    return monitor, http_settings
