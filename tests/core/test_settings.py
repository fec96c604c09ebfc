"""Settings: right ones are taken, wrong ones fail at once in one sentence."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from support.readings import samples

from mcp_perf import PerformanceMonitor
from mcp_perf.settings import build, build_http, from_environment


async def later(scope):
    return "/"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"namespace": "a:b"}, "namespace must be letters, digits and '_', no digit in front, not 'a:b'"),
        ({"namespace": "1st"}, "namespace must be letters, digits and '_', no digit in front, not '1st'"),
        ({"namespace": ""}, "namespace must be"),
        ({"namespace": None}, "namespace must be"),
        ({"service": 5}, "service must be a string, not 5"),
        ({"buckets": []}, r"buckets must be finite numbers, strictly ascending, at least one, not \[\]"),
        ({"buckets": [2, 1]}, "buckets must be"),
        ({"buckets": ["a"]}, "buckets must be"),
        ({"buckets": 5}, "buckets must be"),
        (
            {"history": 5},
            "history must be 'off', or up to 4 pairs of step and span such as '5s:10m, 1m:6h', ",
        ),
        ({"history": ""}, "history must be"),
        ({"history": "5:10m"}, "history must be"),
        ({"history": "0s:10m"}, "history must be"),
        ({"history": "5s:5s"}, "history must be"),
        ({"history": "5s:10m, 7s:1h"}, "at most half its span, which is at most 366d, not '5s:10m, 7s:1h'"),
        ({"history": "5s:10m, 5s:1h"}, "history must be"),
        ({"history": "5s:10m, 1m:5m"}, "history must be"),
        ({"history": "5s:10m,1h:7d"}, "history must be"),
        ({"history": "1s:7d"}, "history must be"),
        ({"history": "1s:1m,2s:2m,4s:4m,8s:8m,16s:16m"}, "history must be"),
        ({"max_series": 0}, "max_series must be a whole number from 1, not 0"),
        ({"max_series": True}, "max_series must be"),
        ({"max_series": 1.5}, "max_series must be"),
        ({"enabled": "yes"}, "enabled must be True or False, not 'yes'"),
        ({"registry": "mine"}, "registry must be a prometheus_client registry or None, not 'mine'"),
        ({"exclude": "/health"}, "exclude must be a list of paths or routes, not '/health'"),
        (
            {"exclude": ["health"]},
            "exclude must be a list of paths or routes, each with a leading '/', not 'health'",
        ),
        ({"exclude": [5]}, "exclude must be"),
        ({"exclude": 5}, "exclude must be"),
        ({"status_groups": 1}, "status_groups must be True or False, not 1"),
        ({"sample_rate": 1.1}, "sample_rate must be a number from 0 to 1, not 1.1"),
        ({"sample_rate": "all"}, "sample_rate must be"),
        ({"sample_rate": float("nan")}, "sample_rate must be"),
        ({"max_series": -(10**5000)}, "^max_series must be a whole number from 1, not .{1,200}$"),
        ({"service": ["x" * 1000]}, "^service must be a string, not .{200}$"),
        ({"route": "/x"}, "route must be a callable that is no coroutine function, or None, not '/x'"),
        (
            {"normalize_path": 5},
            "normalize_path must be a callable that is no coroutine function, or None, not 5",
        ),
        ({"route": later}, "route must be a callable that is no coroutine function, or None, not <function"),
        ({"request_size": "yes"}, "request_size must be True or False, not 'yes'"),
    ],
)
def test_wrong_value(keywords, message) -> None:
    """A wrong value is an error that names the setting, the value and what is allowed."""
    with pytest.raises(ValueError, match=message):
        PerformanceMonitor(**keywords)


SECONDS = ("slow_request_seconds", "retention")
SHARES = ("sample_rate", "trace_sample_rate")
NO_NUMBERS = [10**400, -(10**400), 10**5000, math.inf, math.nan, True, Fraction(1, 2), Decimal("0.5"), "0.5"]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=range(len(NO_NUMBERS)))
@pytest.mark.parametrize("name", [*SECONDS, *SHARES])
def test_wrong_number(name, value) -> None:
    """What is no number that a float can hold is refused as every other wrong value is."""
    with pytest.raises(ValueError, match=f"^{name} must be a (positive )?number .*, not .{{1,200}}$"):
        PerformanceMonitor(**{name: value})


@pytest.mark.parametrize("buckets", [[1, 10**400], [1, math.nan], [-math.inf, 1]])
def test_wrong_buckets_of_a_histogram(buckets) -> None:
    """Bounds that no float can hold are refused of a histogram of one's own, too."""
    monitor = PerformanceMonitor(registry=None)
    with pytest.raises(ValueError, match=r"^buckets must be"):
        monitor.histogram("sizes", "Sizes.", buckets=buckets)


@pytest.mark.parametrize("retention", [10**400, math.inf, True])
def test_wrong_retention_of_a_metric(retention) -> None:
    """A retention of one metric is checked as that of all."""
    monitor = PerformanceMonitor(registry=None)
    with pytest.raises(ValueError, match=r"^retention must be a positive number"):
        monitor.counter("sold", "Sold.", retention=retention)
    with pytest.raises(ValueError, match=r"^metric_retention\['mcp_sold'\] must be a positive number"):
        PerformanceMonitor(registry=None, metric_retention={"mcp_sold": retention})


def test_unknown_setting() -> None:
    """A name that is no setting is an error that lists those there are."""
    with pytest.raises(TypeError, match="'bucket' is no setting here; the settings are access, buckets, "):
        PerformanceMonitor(bucket=[1])
    with pytest.raises(TypeError, match="'namespace' is no setting here; the settings are exclude, "):
        build_http(build({}).http, {"namespace": "a"})


def test_http_settings_go_over_the_monitors() -> None:
    """What a middleware is given counts before what the monitor has."""
    defaults = build({"sample_rate": 0.5, "status_groups": True}).http

    assert (0.1, True) == (
        build_http(defaults, {"sample_rate": 0.1}).sample_rate,
        build_http(defaults, {"sample_rate": 0.1}).status_groups,
    )


def test_environment() -> None:
    """The environment gives namespace, service and whether anything is measured."""
    environ = {"MCP_PERF_NAMESPACE": "shop", "MCP_PERF_ENABLED": " Off ", "OTEL_SERVICE_NAME": "shop-api"}

    assert {"namespace": "shop", "enabled": False, "service": "shop-api"} == from_environment(environ)
    assert {} == from_environment({})
    assert {} == from_environment(dict.fromkeys(environ, ""))


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"MCP_PERF_NAMESPACE": "a-b"}, "MCP_PERF_NAMESPACE: namespace must be .*, not 'a-b'"),
        ({"MCP_PERF_ENABLED": "maybe"}, "MCP_PERF_ENABLED must be one of 1, 0, .*, not 'maybe'"),
    ],
)
def test_wrong_environment(environ, message) -> None:
    """A wrong variable is an error that names it."""
    with pytest.raises(ValueError, match=message):
        from_environment(environ)


def test_buckets_are_the_classic_buckets() -> None:
    """The setting `buckets` decides the buckets that Prometheus sees."""
    monitor = PerformanceMonitor(registry=None, buckets=[0.1, 1])
    monitor.histogram("h", "H.").observe(0.5)
    bounds = {
        dict(labels)["le"]: count for (name, labels), count in samples(monitor).items() if name == "h_bucket"
    }

    assert {"0.1": 0, "1.0": 1, "+Inf": 1} == bounds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5s:10m, 1m:6h", [(5, 600), (60, 21600)]),
        ("1s:1m", [(1, 60)]),
        ("10s:1h,1m:1d,1h:31d", [(10, 3600), (60, 86400), (3600, 2678400)]),
        ("off", []),
        (None, []),
    ],
)
def test_history(text, expected) -> None:
    """History is kept in the steps and for the spans that the setting says."""
    assert expected == [(one.step, one.span) for one in build({"history": text}).history]


def test_history_of_the_environment() -> None:
    """The environment says it too, and a wrong value is an error that names the variable."""
    assert {"history": "1s:1m"} == from_environment({"MCP_PERF_HISTORY": "1s:1m"})
    with pytest.raises(ValueError, match=r"MCP_PERF_HISTORY must be 'off', or .*, not 'always'"):
        from_environment({"MCP_PERF_HISTORY": "always"})
