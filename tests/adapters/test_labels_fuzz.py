"""Label values of any characters, from counters and from real requests, in all that the metrics app gives."""

import asyncio
import json
import re
from collections import Counter
from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text
from support import requests_fuzz as fuzz
from support.asgi_driver import AsgiServer
from support.protobuf import ACCEPT as PROTOBUF
from support.protobuf import families, samples
from support.wsgi_driver import Call

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters import asgi, wsgi
from mcp_perf.endpoint import Endpoint, Request

FORMATS = {
    "text/plain;version=0.0.4": text,
    "text/plain;version=1.0.0;escaping=allow-utf-8": text,
    "application/openmetrics-text;version=1.0.0": openmetrics,
}

HAS_PROTOBUF = find_spec("google") is not None and find_spec("google.protobuf") is not None

# Any character there is, halves of pairs too, and those that formats have made something of.
values = st.one_of(
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.text(st.sampled_from('\\"\n\r\t{}=, #\x00\u2028\x85\ud800\udfff\ufeff\ufffeén'), max_size=12),
    st.text(st.sampled_from('\\"ü€𝄞'), min_size=250, max_size=260),
)


def answered(monitor, accept="", path=""):
    """The body of a page, for who has nothing to hide."""
    answer = Endpoint(monitor).answer(
        Request("GET", path, header=lambda name: accept if name == "accept" else "")
    )
    assert 200 == answer.status, answer.body
    return answer.body


def cleaned(value):
    """What is left of a value: what no reader takes becomes one sign, and it is cut."""
    kept = re.sub("[\x00-\x1f\x7f-\x9f\ud800-\udfff]", "\ufffd", value)
    return kept if len(kept) <= 256 else kept[:255] + "…"


def numbers(families, sample, label):
    """The values of one sample's series, by a label."""
    return {
        one.labels[label]: one.value for family in families for one in family.samples if one.name == sample
    }


@given(st.lists(values, max_size=8), values)
@settings(max_examples=60)
def test_values_come_out_as_they_went_in(kinds, documentation) -> None:
    """Every series is in every format with its label, made fit to be read; one odd value costs no other."""
    monitor = PerformanceMonitor(registry=None, service=documentation)
    counter = monitor.counter("odd", "Odd.", ["kind"])
    for kind in kinds:
        counter.labels(kind).inc()
    expected = Counter(map(cleaned, kinds))

    for accept, parse in FORMATS.items():
        body = answered(monitor, accept).decode()
        assert expected == numbers(parse(body), "odd_total", "kind")
    found = json.loads(answered(monitor, path="/summary"))
    (metric,) = found["custom"]
    assert expected == {one["labels"]["kind"]: one["value"] for one in metric["series"]}
    if HAS_PROTOBUF:
        counted = samples(families(answered(monitor, PROTOBUF)))
        ours = {dict(key)["kind"]: value for (name, key), value in counted.items() if name == "odd_total"}
        assert expected == ours


@given(st.lists(st.tuples(values, fuzz.methods, st.booleans()), min_size=1, max_size=6))
@settings(max_examples=20)
def test_so_do_those_of_requests(sent) -> None:
    """Paths, methods and classes of exceptions as they come are counted, whole, by both middlewares."""
    monitor = PerformanceMonitor(registry=None, normalize_path=lambda path: path)

    async def app(scope, receive, send):
        raise type(scope["path"].replace("\0", "") or "E", (Exception,), {})

    def wsgi_app(environ, start_response):
        raise type(wsgi.path_info(environ).replace("\0", "") or "E", (Exception,), {})

    for path, method, is_asgi in sent:
        if is_asgi:
            scope = fuzz.Asked(method).scope() | {"path": path}
            server = AsgiServer(scope)
            error = asyncio.run(server.run(asgi.PerformanceMonitoringMiddleware(app, monitor))).error
            assert isinstance(error, Exception)
        else:
            environ = fuzz.Asked(method).environ() | {"PATH_INFO": path}
            with pytest.raises(Exception):  # noqa: B017, PT011 - of any class
                Call(wsgi.PerformanceMonitoringMiddleware(wsgi_app, monitor), environ).finish()

    for accept, parse in FORMATS.items():
        found = list(parse(answered(monitor, accept).decode()))
        for name in ("mcp_http_requests_total", "mcp_http_exceptions_total"):
            counted = [one.value for family in found for one in family.samples if one.name == name]
            assert len(sent) == sum(counted)
        assert 0 == sum(numbers(found, "mcp_monitor_events_lost_total", "where").values())
    json.loads(answered(monitor, path="/summary"))
    if HAS_PROTOBUF:
        counted = samples(families(answered(monitor, PROTOBUF)))
        ours = [value for (name, _), value in counted.items() if name == "mcp_http_requests_total"]
        assert len(sent) == sum(ours)
