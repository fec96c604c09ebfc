"""The contract on tracing: one server span for each request, right in its place, its name and its ending."""

import pytest
from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, StatusCode

from mcp_perf import PerformanceMonitor, monitor_db_operation
from support.contract_hooks import AdapterHooks
from support.readings import requests, total
from support.shop import Shop
from support.spans import Spans

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def sent(flags="01"):
    """The header of a client that traces."""
    return {"traceparent": f"00-{TRACE}-{PARENT}-{flags}"}


class TracingContract(AdapterHooks):
    @pytest.fixture
    def spans(self):
        return Spans()

    @pytest.fixture
    def tracing(self, clock, spans):
        return PerformanceMonitor(registry=None, clock=clock.clock, tracer_provider=spans.provider)

    @pytest.fixture
    def traced(self, shop, tracing):
        return self.make(shop, tracing)

    def span_name(self, name, method="GET"):
        return f"{method} {self.label(name)}" if self.ROUTED else method

    @pytest.mark.parametrize("name", ["item", "empty", "stream", "handled"])
    def test_a_request_is_one_server_span(self, traced, spans, name):
        """There is one span, of kind SERVER, named after method and route, with the status of the answer."""
        answer = self.get(traced, name)

        (span,) = spans.ended
        assert (self.span_name(name), SpanKind.SERVER) == (span.name, span.kind)
        assert answer.status == span.attributes["http.response.status_code"]
        assert "GET" == span.attributes["http.request.method"]
        assert (self.label(name) if self.ROUTED else None) == span.attributes.get("http.route")
        assert span.parent is None
        assert StatusCode.UNSET == span.status.status_code

    def test_a_span_says_what_was_asked_for(self, traced, spans):
        """Scheme, path and query are in the span, without signatures."""
        self.request(traced, "GET", "/items/3?a=b&X-Amz-Signature=abc&sig=d", headers={"user-agent": "me"})

        attributes = spans.ended[0].attributes
        assert ("http", "/items/3") == (attributes["url.scheme"], attributes["url.path"])
        assert "a=b&X-Amz-Signature=REDACTED&sig=REDACTED" == attributes["url.query"]
        assert attributes["network.protocol.version"] in ("1.0", "1.1")
        assert "me" == attributes["user_agent.original"]

    def test_the_clients_span_is_the_parent(self, traced, spans):
        """A request of a trace (W3C Trace Context) goes on with it."""
        self.get(traced, "item", headers=sent())

        (span,) = spans.ended
        assert (TRACE, PARENT) == (f"{span.context.trace_id:032x}", f"{span.parent.span_id:016x}")

    def test_a_trace_that_is_not_recorded_is_not_recorded_here(self, traced, tracing, spans):
        """The client's decision holds; the request counts as ever."""
        self.get(traced, "item", headers=sent("00"))

        assert [] == spans.ended
        assert {("GET", self.label("item"), "200"): 1} == requests(tracing)

    def test_what_is_no_trace_context_begins_a_trace(self, traced, spans):
        """An odd header is as good as none."""
        self.get(traced, "item", headers={"traceparent": "00-zz-zz-01"})

        assert [None] == [span.parent for span in spans.ended]

    def test_operations_inside_are_children(self, shop, tracing, traced, spans):
        """A database operation of a handler is inside of the request's span."""
        query = monitor_db_operation("select", "items", monitor=tracing)(lambda: None)
        shop.during = query

        self.get(traced, "item")

        assert {"select items": self.span_name("item"), self.span_name("item"): None} == spans.tree()

    def test_operations_of_a_body_on_its_way_are_children(self, clock, tracing, spans):
        """The same while a body is being streamed; the span lasts until its last byte."""
        shop = Shop(clock)
        query = monitor_db_operation("select", "parts", monitor=tracing)(lambda: None)
        parts = shop.parts

        def asking():
            for part in parts():
                query()
                yield part

        shop.parts = asking
        self.get(self.make(shop, tracing), "stream")

        assert ["select parts"] * 3 + [self.span_name("stream")] == spans.names()
        assert {"select parts": self.span_name("stream"), self.span_name("stream"): None} == spans.tree()

    def test_an_uncaught_exception_is_recorded(self, traced, spans):
        """The span has failed, with the exception as its event."""
        self.get(traced, "boom")

        (span,) = spans.ended
        assert StatusCode.ERROR == span.status.status_code
        assert span.attributes["error.type"].endswith("BoomError")
        assert ["exception"] == [event.name for event in span.events]

    def test_a_client_that_goes_away_is_no_error_of_ours(self, traced, spans):
        """The span of a cut-off answer ends, says so and has not failed."""
        self.get(traced, "endless", leave_after=2)

        (span,) = spans.ended
        assert "499" == span.attributes["error.type"]
        assert StatusCode.UNSET == span.status.status_code

    def test_who_traces_already_is_joined(self, traced, tracing, spans, shop):
        """Inside of somebody's server span there is no second one; what is ours is inside of theirs."""
        shop.during = monitor_db_operation("select", "items", monitor=tracing)(lambda: None)
        with spans.tracer.start_as_current_span("GET", kind=SpanKind.SERVER):
            self.get(traced, "item")

        assert {"select items": self.span_name("item"), self.span_name("item"): None} == spans.tree()
        assert 2 == len(spans.ended)

    def test_who_has_decided_not_to_record_is_joined(self, traced, spans):
        """A server span that somebody has left out is none that we make up for."""
        left_out = trace.NonRecordingSpan(trace.SpanContext(1, 2, is_remote=False))
        with trace.use_span(left_out):
            self.get(traced, "item")

        assert [] == spans.ended

    def test_two_monitors_make_one_span(self, shop, clock, tracing, spans):
        """Who measures twice traces once."""
        app = self.stack(shop, tracing)

        self.get(app, "item")

        assert [self.span_name("item")] == spans.names()

    def test_the_metrics_app_has_no_span(self, shop, tracing, spans):
        """Who looks on leaves no trace."""
        app = self.serve(shop, tracing)
        self.request(app, "GET", "/metrics")

        assert [] == spans.ended

    def test_nothing_is_current_afterwards(self, traced, shop):
        """What comes after a request, in the same thread or task, is not inside of it."""
        before = context.get_current()
        for name in ("item", "stream", "boom", "broken"):
            self.get(traced, name)

        assert before == context.get_current()

    def test_context_variables_behave_as_without_spans(self, clock, tracing, spans):
        """Application and server see each other's context variables as ever."""
        bare_shop, shop = Shop(clock), Shop(clock)

        expected = self.get(self.bare(bare_shop), "context")
        answer = self.get(self.make(shop, tracing), "context")

        assert bare_shop.seen == shop.seen
        assert expected.context == answer.context

    def test_a_traced_stream_lasts_until_its_last_byte(self, traced, tracing):
        """Durations are the same, traced or not."""
        self.get(traced, "stream")

        assert 3 == total(tracing, "mcp_http_request_duration_seconds_sum")

    def test_without_tracing_there_is_none(self, shop, clock, spans):
        """``tracing=False`` is heeded, whoever gives a provider."""
        monitor = PerformanceMonitor(
            registry=None, clock=clock.clock, tracing=False, tracer_provider=spans.provider
        )
        self.get(self.make(shop, monitor), "item")

        assert [] == spans.ended
