"""Negotiation: which format an Accept header gets, of those there are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_perf import PerformanceMonitor

TEXT = "text/plain; version=0.0.4; charset=utf-8"
TEXT_1 = "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
TEXT_1_UTF8 = "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
OPENMETRICS_UTF8 = "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
PROTOBUF = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
PROTOBUF_UTF8 = f"{PROTOBUF}; escaping=allow-utf-8"
PROTO = PROTOBUF.replace(" ", "")

# What programs send, copied from their sources.
SENT = {
    "Prometheus 2.42": (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        OPENMETRICS,
    ),
    "Prometheus 2.42, native histograms": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
        "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        PROTOBUF,
    ),
    "Prometheus 2.53": (
        "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        OPENMETRICS,
    ),
    "Prometheus 2.53, native histograms": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,"
        "application/openmetrics-text;version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        PROTOBUF,
    ),
    "Prometheus 3.0": (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
        OPENMETRICS_UTF8,
    ),
    "Prometheus 3.0, native histograms": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
        ";escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.3,"
        "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.2,*/*;q=0.1",
        PROTOBUF_UTF8,
    ),
    "Prometheus 3.9": (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        OPENMETRICS_UTF8,
    ),
    "Prometheus 3.9, native histograms": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        PROTOBUF,
    ),
    "Prometheus 3.9, scrape_protocols: [PrometheusText1.0.0]": (
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,*/*;q=0.5",
        TEXT_1_UTF8,
    ),
    "VictoriaMetrics, vmagent": ("text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT),
    "Telegraf": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,"
        "text/plain;version=0.0.4;q=0.3",
        PROTOBUF,
    ),
    "curl": ("*/*", TEXT),
    "a browser": ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", TEXT),
    "whoever sends none": ("", TEXT),
}


@pytest.fixture(scope="module")
def monitor():
    return PerformanceMonitor(registry=None)


@pytest.mark.parametrize("program", SENT)
def test_programs_get_what_they_ask_for(monitor, program) -> None:
    """Each program gets the format that it likes best."""
    accept, expected = SENT[program]

    assert expected == monitor.render(accept)[0]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        # The greatest q, wherever it stands.
        ("text/plain;version=0.0.4;q=0.3,application/openmetrics-text;version=1.0.0;q=0.4", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0;q=0.3, text/plain;version=0.0.4;q=0.4", TEXT),
        ("text/plain;version=0.0.4;q=0.3, text/plain;version=1.0.0;q=0.31", TEXT_1),
        (f"{PROTO};q=0.2,application/openmetrics-text;version=1.0.0;q=0.3", OPENMETRICS),
        (f"text/plain;q=0.999,{PROTO}", PROTOBUF),
        # Among equals the first.
        ("application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4", OPENMETRICS),
        ("text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0", TEXT),
        # Nothing that is excluded.
        (f"{PROTO};q=0,text/plain;version=1.0.0;q=0.1", TEXT_1),
        ("application/openmetrics-text;q=0,*/*", TEXT),
        ("text/plain;q=0,*/*;q=0.1", OPENMETRICS),
        ("text/*;q=0.0, */*", OPENMETRICS),
        ("text/plain;version=0.0.4;q=0.000,text/plain", TEXT_1),
        # Wildcards, the least of which is better than nothing.
        ("text/*", TEXT),
        ("application/*", OPENMETRICS),
        ("text/html, application/*;q=0.2, */*;q=0.1", OPENMETRICS),
        ("*/*, application/openmetrics-text", OPENMETRICS),
        ("*/*;q=0.9, application/openmetrics-text;q=0.1", TEXT),
        # What describes it most closely counts.
        ("text/plain;q=0.2, text/plain;version=1.0.0;q=0.1, application/openmetrics-text;q=0.15", TEXT),
        ("text/*;q=0.9, text/plain;q=0.1, application/openmetrics-text;q=0.5", OPENMETRICS),
        # Parameters.
        ("text/plain", TEXT),
        ("text/plain; charset=utf-8", TEXT),
        ("application/openmetrics-text", OPENMETRICS),
        ('application/openmetrics-text; version="1.0.0"', OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1", TEXT),
        ("application/openmetrics-text;version=2.0.0", TEXT),
        (
            "application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;q=0.1",
            OPENMETRICS,
        ),
        ("Application/OpenMetrics-Text;Version=1.0.0;Q=1", OPENMETRICS),
        ("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8", OPENMETRICS_UTF8),
        ("application/openmetrics-text;version=1.0.0;escaping=mine", OPENMETRICS),
        ("text/plain;version=9", TEXT),
        # Another protobuf is not ours.
        ("application/vnd.google.protobuf", TEXT),
        ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", TEXT),
        (
            "application/vnd.google.protobuf;proto=other;encoding=delimited,text/plain;version=1.0.0;q=0.1",
            TEXT_1,
        ),
        # Nothing that there is, or nothing that anybody can read.
        ("application/json", TEXT),
        ("*/*;q=0", TEXT),
        ("garbage;;;,=,", TEXT),
        ("application/openmetrics-text;q=much", TEXT),
        ("application/openmetrics-text;q=1.5", TEXT),
        ("application/openmetrics-text;q=nan", TEXT),
        ('"', TEXT),
        (",,,", TEXT),
        ("\0é\ud800", TEXT),
    ],
)
def test_accept_headers_are_weighed(monitor, accept, expected) -> None:
    """A header's qualities, wildcards and parameters count; what nobody can read gets text 0.0.4."""
    assert expected == monitor.render(accept)[0]


PARTS = ("text/plain", "application/openmetrics-text", PROTO, "*/*", "text/*", "q=", "version=", "escaping=")
WORDS = st.sampled_from([*PARTS, *';,="\\ é', "1.0.0", "0.0.4", "0", "1", ".5", "dots"])


@given(st.one_of(st.text(), st.lists(WORDS, max_size=12).map("".join)))
def test_any_header_has_an_answer(accept) -> None:
    """Whatever is in the header, the answer is in one of the formats."""
    content_type, body = PerformanceMonitor(registry=None).render(accept)

    assert content_type.partition(";")[0] in {one.partition(";")[0] for one in (TEXT, OPENMETRICS, PROTOBUF)}
    assert body
