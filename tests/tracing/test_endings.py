"""What a span is told of an ending that comes after the answer."""

import pytest
from opentelemetry.trace import StatusCode
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route
from support.asgi_driver import http_scope, serve

from mcp_perf.adapters import asgi


async def breaking(request):
    async def parts():
        yield b"a"
        raise KeyError("b")

    return StreamingResponse(parts())


async def later(request):
    def fail():
        raise KeyError("later")

    return PlainTextResponse("a", background=BackgroundTask(fail))


@pytest.mark.parametrize("endpoint", [breaking, later])
@pytest.mark.parametrize("is_between", [False, True])
def test_an_exception_after_the_answer_has_begun(monitor, spans, endpoint, is_between):
    """It is an event of the span, whatever of Starlette's has completed the answer meanwhile."""
    app = Starlette(routes=[Route("/", endpoint)])
    if is_between:

        async def dispatch(request, call_next):
            return await call_next(request)

        app.add_middleware(BaseHTTPMiddleware, dispatch=dispatch)

    serve(asgi.instrument(app, monitor=monitor), http_scope())

    (span,) = spans.ended
    assert (StatusCode.ERROR, "KeyError") == (span.status.status_code, span.attributes["error.type"])
    assert 200 == span.attributes["http.response.status_code"]
    assert ["exception"] == [event.name for event in span.events]
