"""What a span is told of an ending that comes after the answer."""

import pytest
from opentelemetry.trace import StatusCode
from support.asgi_driver import http_scope, serve

from mcp_perf.adapters import asgi


@pytest.mark.parametrize("is_complete", [False, True])
def test_an_exception_after_the_answer_has_begun(monitor, spans, is_complete):
    """It is an event of the span, also where the answer was complete, as before a background task."""

    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": not is_complete})
        raise KeyError("b")

    serve(asgi.instrument(application, monitor=monitor), http_scope())

    (span,) = spans.ended
    assert (StatusCode.ERROR, "KeyError") == (span.status.status_code, span.attributes["error.type"])
    assert 200 == span.attributes["http.response.status_code"]
    assert ["exception"] == [event.name for event in span.events]
