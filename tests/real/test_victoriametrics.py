"""A real VictoriaMetrics over examples, a mounted metrics app with access rules, and a port over TLS."""

import contextlib
import math
import time

import pytest
from support import programs, secured
from support.examples import EXAMPLES
from support.load import counted
from support.prometheus import job
from support.readings import requests
from support.secured import NEXT
from support.secured_port import secured_port
from support.servers import running, settled
from support.victoriametrics import scraping

pytestmark = pytest.mark.real

APPS = {one.name: one for one in EXAMPLES if one.name in ("fastapi-uvicorn-h11", "flask-gunicorn-gthread")}
SENT = {
    (name, *labels): number
    for name, example in APPS.items()
    for labels, number in counted(example.asks()).items()
}
COUNTED = ["port", "mounted"]
REFUSED = ["anonymous", "another token"]
QUANTILES = {0.05: 0.25, 0.1: 0.5, 0.3: 1.5, 0.5: 2.5, 0.8: 4.0}  # interpolated in the classic buckets
LABELS = ("app", "method", "route", "status")


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The server of a port of its own over TLS, for who has a token, and its files."""
    with secured_port(tmp_path_factory.mktemp("port")) as found:
        yield found


@pytest.fixture(scope="module")
def victoria(loaded, port, tmp_path_factory):
    """A VictoriaMetrics that has scraped the examples since their last requests were written down."""
    program = programs.need("victoria-metrics")
    server, files = port
    examples = {name: loaded(example) for name, example in APPS.items()}
    for name, one in examples.items():
        expected = counted(APPS[name].asks()).items()
        settled(lambda one=one, expected=expected: expected <= requests(one).items(), True)
    with contextlib.ExitStack() as stack:
        mounted = stack.enter_context(running(secured.COMMANDS["uvicorn"]))
        jobs = [
            *(job(name, one) for name, one in examples.items()),
            job("port", server, **files.scrape()),
            job("no authority", server, **{**files.scrape(), "tls_config": {}}),
            job("mounted", mounted, basic_auth={"username": secured.NAME, "password": secured.PASSWORD}),
            job("anonymous", mounted),
            job("another token", mounted, authorization={"credentials": secured.WRONG}),
        ]
        since = time.time()
        found = stack.enter_context(scraping(program, tmp_path_factory.mktemp("victoria"), jobs))
        found.await_scrape([*APPS, *COUNTED], since)
        refused = {*REFUSED, "no authority"}
        assert refused == settled(lambda: set(found.errors()), refused)
        yield found


def test_up(victoria):
    """Every target is up whose secret and authority VictoriaMetrics has been told, and no other."""
    up = {(app,): 1.0 for app in [*APPS, *COUNTED]}
    expected = up | {(app,): 0.0 for app in [*REFUSED, "no authority"]}

    assert expected == settled(lambda: victoria.by("up", "app"), expected)


def test_who_has_no_secret(victoria):
    """VictoriaMetrics says that it was a 401, and what is wrong with a certificate."""
    errors = victoria.errors()

    assert "x509" in errors["no authority"]
    for app in REFUSED:
        assert ": 401; expecting 200" in errors[app]


@pytest.mark.parametrize("app", COUNTED)
def test_numbers_arrive(victoria, app):
    """Counters and gauges have what was counted, in the 15 digits that VictoriaMetrics keeps."""
    expected = {(kind,): pytest.approx(number, rel=1e-15, abs=0) for kind, number in secured.ORDERS.items()}

    assert expected == victoria.by(f'orders_total{{app="{app}"}}', "kind")
    assert {(): -2.5} == victoria.by(f'level{{app="{app}"}}')


@pytest.mark.parametrize("app", COUNTED)
def test_histograms_arrive(victoria, app):
    """Buckets, counts and sums are those of what was observed, and quantiles can be asked for."""
    found = victoria.by(f'took_seconds_bucket{{app="{app}"}}', "le")

    assert secured.buckets() == {float(bound): number for (bound,), number in found.items()}
    assert {(): len(secured.TOOK)} == victoria.by(f'took_seconds_count{{app="{app}"}}')
    assert {(): sum(secured.TOOK)} == victoria.by(f'took_seconds_sum{{app="{app}"}}')
    for quantile, expected in QUANTILES.items():
        query = f'histogram_quantile({quantile}, took_seconds_bucket{{app="{app}"}})'
        assert {(): pytest.approx(expected)} == victoria.by(query)


def test_requests_of_the_examples(victoria):
    """By application, method, route and status there are as many requests as were sent, and durations."""
    apps = f'app=~"{"|".join(APPS)}", route!~"/metrics.*"'
    durations = "mcp_http_request_duration_seconds"

    assert SENT == victoria.by(f"mcp_http_requests_total{{{apps}}}", *LABELS)
    assert SENT == victoria.by(f"{durations}_count{{{apps}}}", *LABELS)
    assert SENT == victoria.by(f'{durations}_bucket{{{apps}, le="+Inf"}}', *LABELS)


def test_quantiles_of_the_examples(victoria):
    """``histogram_quantile`` over all routes gives a duration for each application."""
    apps = f'app=~"{"|".join(APPS)}"'
    buckets = f"sum by (app, le) (mcp_http_request_duration_seconds_bucket{{{apps}}})"
    found = victoria.by(f"histogram_quantile(0.95, {buckets})", "app")

    assert {(name,) for name in APPS} == found.keys()
    assert all(0 < quantile < math.inf for quantile in found.values()), found


def test_operations_of_the_examples(victoria):
    """Database operations and workflow steps are as many as users were shown."""
    expected = {(name, "success"): example.found() for name, example in APPS.items()}

    assert expected == victoria.by('mcp_db_operations_total{table="users"}', "app", "status")
    assert expected == victoria.by('mcp_workflow_steps_total{step="find"}', "app", "status")


def test_a_token_is_changed(victoria, port):
    """A token that is taken away is a 401, and the next one is read from its file."""
    _, files = port
    files.allow(NEXT)
    settled(lambda: ": 401;" in victoria.errors().get("port", ""), True)
    assert ": 401;" in victoria.errors()["port"]
    files.use(NEXT)
    victoria.await_scrape(["port"], time.time())


def test_no_secret_is_told(victoria, port):
    """No token is in what the service has printed."""
    assert [] == [secret for secret in secured.SECRETS if secret in port[0].output()]
