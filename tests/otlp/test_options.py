"""Options: keywords go over the standard variables, and wrong ones fail at once in one sentence."""

from __future__ import annotations

import sys

import pytest
from support.readings import value

from mcp_perf import PerformanceMonitor, configure, default, get_monitor
from mcp_perf.otlp import options_of

PREFIX = "OTEL_EXPORTER_OTLP_"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"endpoint": "collector:4318"}, "endpoint must be an address such as http://localhost:4318, not"),
        ({"endpoint": "http://"}, "endpoint must be"),
        ({"endpoint": "http://host:99999"}, "endpoint must be"),
        ({"endpoint": 5}, "endpoint must be"),
        ({"protocol": "http/json"}, "protocol must be one of http/protobuf, grpc, not 'http/json'"),
        ({"headers": "a=b"}, "headers must be a mapping of names to values, not a str"),
        ({"headers": {"a": 5}}, r"headers\['a'\] must be"),
        (
            {"headers": {"a": "secret\n"}},
            r"headers\['a'\] must be ISO 8859-1 text on one line",
        ),
        (
            {"headers": {"": "b"}},
            "headers must be named by ASCII letters, digits and marks such as '-', not ''",
        ),
        (
            {"headers": {"a": "\xe4"}, "protocol": "grpc"},
            r"headers\['a'\] must be ASCII text on one line, with no space around it$",
        ),
        ({"interval": 0}, "interval must be a positive number of seconds, not 0"),
        ({"interval": 1e10}, "interval must be a positive number of seconds, not 10000000000.0"),
        ({"interval": True}, "interval must be"),
        ({"timeout": float("inf")}, "timeout must be"),
        ({"temporality": "delta "}, "temporality must be one of cumulative, delta, lowmemory, not 'delta '"),
        ({"histograms": "native"}, "histograms must be one of explicit_bucket_histogram, base2"),
        ({"names": "otel"}, "names must be one of prometheus, opentelemetry, not 'otel'"),
        ({"resource": "a=b"}, "resource must be a mapping of attributes, not 'a=b'"),
        ({"url_scheme": 5}, "url_scheme must be a word such as 'https', not 5"),
        ({"exporter": "console"}, "exporter must be an OpenTelemetry metric exporter, not 'console'"),
        (
            {"exporter": type("E", (), {"export": print}), "endpoint": "http://x"},
            "endpoint must be left out where an exporter is given, which has its own, not 'http://x'",
        ),
    ],
)
def test_a_wrong_option_says_what_is_allowed(keywords, message) -> None:
    """A wrong keyword is an error that names it, its value and what is allowed."""
    with pytest.raises(ValueError, match="^" + message.replace("(", r"\(")):
        options_of(keywords, {})


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        (
            {"OTEL_METRIC_EXPORT_INTERVAL": "1 min"},
            "OTEL_METRIC_EXPORT_INTERVAL must be a positive number of",
        ),
        (
            {"OTEL_METRIC_EXPORT_TIMEOUT": "0"},
            "OTEL_METRIC_EXPORT_TIMEOUT must be a positive number of milli",
        ),
        (
            {f"{PREFIX}PROTOCOL": "http/json"},
            "OTEL_EXPORTER_OTLP_PROTOCOL must be one of http/protobuf, grpc",
        ),
        (
            {f"{PREFIX}METRICS_TEMPORALITY_PREFERENCE": "both"},
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE must be one of cumulative, delta, lowmemory",
        ),
    ],
)
def test_a_wrong_variable_is_named(environ, message) -> None:
    """So does a wrong variable."""
    with pytest.raises(ValueError, match=f"^{message}"):
        options_of({}, environ)


def test_what_is_no_option() -> None:
    """A word that is no option is told from a wrong value."""
    with pytest.raises(
        TypeError, match="'period' is no option of export_otlp; these are endpoint, exporter,"
    ):
        options_of({"period": 5})
    with pytest.raises(TypeError, match="'is_off' is no option"):
        options_of({"is_off": True})


def test_standard_variables() -> None:
    """What no keyword says is as the standard variables have it, those of metrics first."""
    environ = {
        f"{PREFIX}PROTOCOL": "http/protobuf",
        f"{PREFIX}METRICS_PROTOCOL": "grpc",
        "OTEL_METRIC_EXPORT_INTERVAL": "5000",
        "OTEL_METRIC_EXPORT_TIMEOUT": "1500",
        f"{PREFIX}METRICS_TEMPORALITY_PREFERENCE": "DELTA",
        f"{PREFIX}METRICS_DEFAULT_HISTOGRAM_AGGREGATION": "base2_exponential_bucket_histogram",
    }
    found = options_of({}, environ)

    assert ("grpc", 5.0, 1.5, "delta") == (found.protocol, found.interval, found.timeout, found.temporality)
    assert found.is_exponential
    assert "cumulative" == options_of({"temporality": "cumulative"}, environ).temporality
    assert 60.0 == options_of({}, {"OTEL_METRIC_EXPORT_INTERVAL": " "}).interval, "empty is not set"


@pytest.mark.parametrize(
    ("keywords", "endpoint"),
    [
        ({"endpoint": "http://host:4318"}, "http://host:4318/v1/metrics"),
        ({"endpoint": "https://host/"}, "https://host/v1/metrics"),
        ({"endpoint": "http://host/otlp/v1/metrics"}, "http://host/otlp/v1/metrics"),
        ({"endpoint": "http://host:4317", "protocol": "grpc"}, "http://host:4317"),
        ({}, None),
    ],
)
def test_endpoint(keywords, endpoint) -> None:
    """An address without a path has the standard one of HTTP."""
    assert endpoint == options_of(keywords, {}).endpoint


def test_who_has_not_installed_it_is_told_how(monkeypatch) -> None:
    """Without OpenTelemetry's packages the error says which extra has them; nothing else needs them."""
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.grpc.metric_exporter", None)
    monitor = PerformanceMonitor(registry=None)
    with pytest.raises(ImportError, match=r"pip install 'mcp_perf\[otlp\]'"):
        monitor.export_otlp("http://localhost:4317", protocol="grpc")


def test_setting_turns_it_on() -> None:
    """The setting `otlp` exports from the beginning, with keywords or without; other values are wrong."""
    assert (
        "opentelemetry"
        == next(iter(PerformanceMonitor(otlp={"names": "opentelemetry"})._exports)).options.names
    )
    assert 1 == len(list(PerformanceMonitor(otlp=True)._exports))
    assert [] == list(PerformanceMonitor(otlp=False)._exports)
    with pytest.raises(ValueError, match="otlp must be True, False or a mapping of keywords, not 'yes'"):
        PerformanceMonitor(otlp="yes")


def test_environment_turns_it_on(monkeypatch) -> None:
    """MCP_PERF_OTLP exports what the default monitor measures; nothing else in the environment does."""
    from mcp_perf.settings import from_environment

    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "otlp")
    assert "otlp" not in from_environment()
    assert from_environment({"MCP_PERF_OTLP": "1"})["otlp"]
    with pytest.raises(ValueError, match="MCP_PERF_OTLP must be one of 1, 0, true"):
        from_environment({"MCP_PERF_OTLP": "otlp"})


@pytest.fixture
def asked(environment, monkeypatch):
    """The environment asks for an export that cannot be had; nobody keeps the default monitor of that."""
    monkeypatch.setattr(default, "_default", default._Default())
    environment.setenv("MCP_PERF_OTLP", "1")
    environment.setenv(f"{PREFIX}PROTOCOL", "http/json")


def test_a_wrong_environment_takes_down_nothing(asked, caplog) -> None:
    """An export that the environment asks for with wrong variables is none, and all else goes on."""
    for _ in range(2):
        get_monitor().counter("jobs", "Jobs.").inc()

    assert (2.0, False) == (value(get_monitor(), "jobs_total"), get_monitor().is_exporting)
    assert [
        "mcp_perf pushes nothing, though MCP_PERF_OTLP asks for it: OTEL_EXPORTER_OTLP_PROTOCOL must be "
        "one of http/protobuf, grpc, not 'http/json'"
    ] == [one.message for one in caplog.records if one.levelname == "WARNING"]
    assert not configure(namespace="shop").is_exporting


def test_code_that_asks_finds_out_at_once(asked) -> None:
    """Who asks for an export in code is told of wrong variables by an error."""
    for ask in (lambda: configure(otlp=True), lambda: get_monitor().export_otlp()):
        with pytest.raises(ValueError, match="OTEL_EXPORTER_OTLP_PROTOCOL must be one of"):
            ask()


@pytest.mark.parametrize("off", ["sdk", "monitor"])
def test_switched_off(off, pushed, environment) -> None:
    """Nothing is pushed where the SDK or the monitor is switched off."""
    if off == "sdk":
        environment.setenv("OTEL_SDK_DISABLED", "true")
    one = pushed({"enabled": off != "monitor"})
    one.monitor.counter("jobs", "Jobs.").inc()

    assert not one.push()
    one.export.shutdown()
    assert 0 == one.receiver.attempts


def test_the_same_twice() -> None:
    """To push the same to the same receiver twice is a mistake, unless the first has ended."""
    monitor = PerformanceMonitor(registry=None)
    first = monitor.export_otlp("http://localhost:4318")
    for another in (
        {"names": "opentelemetry"},
        {"headers": {"X-Scope-OrgID": "a"}},
        {"resource": {"a": "b"}},
    ):
        monitor.export_otlp("http://localhost:4318", **another)
    with pytest.raises(ValueError, match="export_otlp has been called already with the same endpoint and"):
        monitor.export_otlp("http://localhost:4318")
    first.is_over = True
    monitor.export_otlp("http://localhost:4318").is_over = True
