"""Real Prometheuses whose scrape configurations have tokens, passwords and certificates, in all formats."""

import contextlib
import time

import pytest
from support import programs, secured
from support.load import Ask, counted, fire
from support.prometheus import job, scraping
from support.secured import TOKEN, WRONG
from support.secured_port import secured_port
from support.servers import running, settled

pytestmark = pytest.mark.real

PORT = "port"
BASIC = {"basic_auth": {"username": secured.NAME, "password": secured.PASSWORD}}
ALLOWED = {
    "basic": BASIC,
    "bearer": {"authorization": {"credentials": TOKEN}},
    "text": {**BASIC, "metrics_path": "/text/metrics"},
}
REFUSED = {
    "anonymous": {},
    "another password": {"basic_auth": {"username": secured.NAME, "password": WRONG}},
    "another token": {"authorization": {"credentials": WRONG}},
}
MOUNTED = [f"{server} {kind}" for server in secured.COMMANDS for kind in ALLOWED]
STRANGERS = [f"{server} {kind}" for server in secured.COMMANDS for kind in REFUSED]
ASKS = [
    *(Ask("GET", "/one", "/one", 200) for _ in range(30)),
    *(Ask("POST", f"/three/{number}", "<unmatched>", 200) for number in range(12)),
    *(Ask("GET", "/two", "/two", 200) for _ in range(7)),
]


@pytest.fixture(scope="module")
def mounted():
    """The servers with a mounted metrics app, which have answered some requests."""
    with contextlib.ExitStack() as stack:
        servers = {name: stack.enter_context(running(command)) for name, command in secured.COMMANDS.items()}
        for server in servers.values():
            assert [] == fire(server, ASKS), server.output()
        yield servers


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The server of a port of its own over TLS, and its files."""
    with secured_port(tmp_path_factory.mktemp("port")) as found:
        yield found


@pytest.fixture(scope="module")
def scraped(mounted, port, tmp_path_factory):
    """Two that scrape them all: without native histograms and with them, which is in protobuf."""
    program = programs.need("prometheus")
    server, files = port
    jobs = [
        *(
            job(f"{name} {kind}", one, **settings)
            for name, one in mounted.items()
            for kind, settings in {**ALLOWED, **REFUSED}.items()
        ),
        job(PORT, server, **files.scrape()),
        job("no authority", server, **{**files.scrape(), "tls_config": {}}),
    ]
    with contextlib.ExitStack() as stack:
        since = time.time()
        found = [
            stack.enter_context(
                scraping(program, {}, tmp_path_factory.mktemp("prometheus"), features=features, jobs=jobs)
            )
            for features in ([], ["native-histograms"])
        ]
        for one in found:
            one.await_scrape([PORT, *MOUNTED], since)
            refused = {*STRANGERS, "no authority"}
            assert refused == settled(lambda one=one: set(one.errors()), refused)
        yield found


@pytest.fixture
def classic(scraped):
    return scraped[0]


@pytest.fixture
def native(scraped):
    return scraped[1]


def test_who_has_the_secret_scrapes(scraped):
    """Who has the right token or password, and the authority's file over TLS, is up; no other target is."""
    expected = {(app,): 1.0 for app in [PORT, *MOUNTED]} | {
        (app,): 0.0 for app in [*STRANGERS, "no authority"]
    }
    for one in scraped:
        assert expected == settled(lambda one=one: one.by("up", "app"), expected)


def test_who_has_none_does_not(scraped):
    """Without the right token or password Prometheus says that it was a 401."""
    expected = dict.fromkeys(STRANGERS, "server returned HTTP status 401 Unauthorized")
    for one in scraped:
        assert expected.items() <= one.errors().items()


def test_a_scraper_that_does_not_know_the_authority(scraped):
    """The certificate is looked at: without the authority's file Prometheus does not go on."""
    for one in scraped:
        assert "x509" in one.errors()["no authority"]


def test_formats(classic, native):
    """OpenMetrics, protobuf and text 0.0.4 were scraped, which name a counter's family differently."""
    for app in [PORT, *MOUNTED]:
        is_open = not app.endswith("text")
        for one, name in ((classic, "orders" if is_open else "orders_total"), (native, "orders_total")):
            types = one.types(app)
            assert {name: "counter"} == {key: of for key, of in types.items() if key.startswith("orders")}
            assert ("histogram", "gauge") == (types["took_seconds"], types["level"])


@pytest.mark.parametrize("app", [PORT, *MOUNTED])
def test_numbers_arrive(scraped, app):
    """Counters and gauges have to the last digit what was counted, under the same labels."""
    for one in scraped:
        expected = {(kind,): number for kind, number in secured.ORDERS.items()}
        assert expected == one.by(f'orders_total{{app="{app}"}}', "kind")
        assert {(): -2.5} == one.by(f'level{{app="{app}"}}')


@pytest.mark.parametrize("app", [PORT, *MOUNTED])
def test_histograms_arrive(classic, native, app):
    """Buckets, counts and sums are those of what was observed, in text, OpenMetrics and protobuf."""
    of = f'{{app="{app}"}}'
    for one in (classic, native) if app.endswith("text") else (classic,):
        found = one.by(f"took_seconds_bucket{of}", "le")
        assert secured.buckets() == {float(bound): number for (bound,), number in found.items()}
        assert {(): len(secured.TOOK)} == one.by(f"took_seconds_count{of}")
        assert {(): sum(secured.TOOK)} == one.by(f"took_seconds_sum{of}")
    if not app.endswith("text"):
        found = native.native(f"took_seconds{of}")
        assert secured.buckets().items() - {(float("inf"), 40)} <= found.items()
        assert {(): len(secured.TOOK)} == native.by(f"histogram_count(took_seconds{of})")
        assert {(): sum(secured.TOOK)} == native.by(f"histogram_sum(took_seconds{of})")


@pytest.mark.parametrize("app", MOUNTED)
def test_requests_arrive(classic, native, app):
    """The requests of the application, and as many durations; none of a scraper's."""
    labels = ("method", "route", "status")
    name = "mcp_http_request_duration_seconds"
    count = f'{name}_count{{app="{app}"}}'
    for one in (classic, native):
        assert counted(ASKS) == one.by(f'mcp_http_requests_total{{app="{app}"}}', *labels)
        if one is native and not app.endswith("text"):
            count = f'histogram_count({name}{{app="{app}"}})'
        assert counted(ASKS) == one.by(count, *labels)


def test_no_secret_is_told(scraped, port, mounted):
    """After all this no token and no password is in what the services have printed."""
    printed = {PORT: port[0], **mounted}
    told = [
        (name, secret)
        for name, server in printed.items()
        for secret in secured.SECRETS
        if secret in server.output()
    ]

    assert [] == told
    assert "GET /metrics" in mounted["uvicorn"].output()
