"""A real Prometheus over the applications of ``examples/``: what it answers is what was sent."""

import math
import time

import pytest
from support import programs
from support.examples import EXAMPLES
from support.load import counted
from support.prometheus import scraping
from support.readings import requests
from support.servers import settled

pytestmark = pytest.mark.real

APPS = {example.name: example for example in EXAMPLES}
SENT = {
    (name, *labels): number
    for name, example in APPS.items()
    for labels, number in counted(example.asks()).items()
}
OURS = 'route!~"/metrics.*"'


@pytest.fixture(scope="module")
def prometheus(loaded, tmp_path_factory):
    """A Prometheus that has scraped all the examples since their last requests were written down."""
    program = programs.need("prometheus")
    servers = {name: loaded(example) for name, example in APPS.items()}
    for name, server in servers.items():
        expected = counted(APPS[name].asks())
        settled(lambda server=server, expected=expected: expected.items() <= requests(server).items(), True)
    quiet = time.time()
    with scraping(program, servers, tmp_path_factory.mktemp("prometheus")) as found:
        found.await_scrape(APPS, quiet)
        yield found


def test_every_target_is_up(prometheus):
    """Prometheus scrapes every application without complaint."""
    assert {} == prometheus.errors()
    assert dict.fromkeys(((name,) for name in APPS), 1.0) == prometheus.by("up", "app")


def test_requests_are_those_that_were_sent(prometheus):
    """The sum by application, method, route and status is the number of requests sent."""
    labels = ("app", "method", "route", "status")
    query = f"sum by ({', '.join(labels)}) (mcp_http_requests_total{{{OURS}}})"

    assert SENT == prometheus.by(query, *labels)


def test_durations_are_as_many_as_requests(prometheus):
    """The histogram's count, and its last bucket, equal the counter wherever there is one."""
    labels = ("app", "method", "route", "status")
    name = "mcp_http_request_duration_seconds"

    assert SENT == prometheus.by(f"{name}_count{{{OURS}}}", *labels)
    assert SENT == prometheus.by(f'{name}_bucket{{{OURS}, le="+Inf"}}', *labels)


def test_a_quantile_can_be_asked_for(prometheus):
    """``histogram_quantile`` gives a duration for each application."""
    buckets = f"sum by (app, le) (mcp_http_request_duration_seconds_bucket{{{OURS}}})"
    quantiles = prometheus.by(f"histogram_quantile(0.95, {buckets})", "app")

    assert {(name,) for name in APPS} == quantiles.keys()
    assert all(0 < quantile < math.inf for quantile in quantiles.values()), quantiles


def test_an_error_rate_can_be_asked_for(prometheus):
    """The share of 5xx is the one of the requests sent."""
    failed = f'sum by (app) (mcp_http_requests_total{{{OURS}, status=~"5.."}})'
    everything = f"sum by (app) (mcp_http_requests_total{{{OURS}}})"
    expected = {(name,): pytest.approx(15 / len(example.asks())) for name, example in APPS.items()}

    assert expected == prometheus.by(f"{failed} / {everything}", "app")


def test_operations_and_steps_are_those_that_ran(prometheus):
    """Database operations and workflow steps are as many as users were shown."""
    expected = {(name, "success"): example.found() for name, example in APPS.items()}

    assert expected == prometheus.by('mcp_db_operations_total{table="users"}', "app", "status")
    assert expected == prometheus.by('mcp_workflow_steps_total{step="find"}', "app", "status")
    assert expected == prometheus.by("mcp_db_operation_duration_seconds_count", "app", "status")
    assert expected == prometheus.by("mcp_workflow_step_duration_seconds_count", "app", "status")


def test_nothing_is_under_way(prometheus):
    """No request and no workflow is in progress when nobody asks."""
    nothing = dict.fromkeys(((name,) for name in APPS), 0.0)

    assert nothing == prometheus.by("sum by (app) (mcp_http_requests_in_progress)", "app")
    assert nothing == prometheus.by("sum by (app) (mcp_active_workflows)", "app")


def test_exceptions_are_those_that_were_raised(prometheus):
    """Uncaught exceptions are there by class and route."""
    expected = {(name, "/boom", "ValueError"): 15.0 for name in APPS}

    assert expected == prometheus.by("mcp_http_exceptions_total", "app", "route", "exception")


def test_prometheus_knows_the_types(prometheus):
    """The types arrive as they are meant; in OpenMetrics a counter's family has no ``_total``."""
    expected = {
        "mcp_http_requests": {"counter"},
        "mcp_http_request_duration_seconds": {"histogram"},
        "mcp_http_requests_in_progress": {"gauge"},
    }

    assert expected == prometheus.kinds(*expected)
