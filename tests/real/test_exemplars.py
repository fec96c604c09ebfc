"""A real Prometheus that keeps exemplars, over a server with several workers: its API returns them."""

import contextlib
import time

import pytest
from support import programs
from support.many import spread
from support.programs import need_module
from support.prometheus import scraping
from support.servers import APPS, gunicorn, running, settled

pytestmark = pytest.mark.real

COUNT = 3
SECONDS = (0.003, 0.3, 99.0)
BOUNDS = ("0.005", "0.5", "+Inf")
FEATURES = {"text": ["exemplar-storage"], "protobuf": ["exemplar-storage", "native-histograms"]}


@pytest.fixture(scope="module")
def served():
    """A server that each of its workers has answered, and their numbers."""
    need_module("gunicorn")
    with running(gunicorn("exemplified:app", "--workers", str(COUNT), directory=APPS)) as server:
        _, pids = spread(server, COUNT)
        yield server, {str(pid) for pid in pids}


@pytest.fixture(scope="module", params=FEATURES)
def scraped(request, served, tmp_path_factory):
    """A Prometheus that has scraped it in one of the formats, and which."""
    program, directory = programs.need("prometheus"), tmp_path_factory.mktemp("prometheus")
    with contextlib.ExitStack() as stack:
        found = stack.enter_context(
            scraping(program, {"shop": served[0]}, directory, features=FEATURES[request.param])
        )
        found.await_scrape(["shop"], time.time())
        yield found, request.param


def exemplars(scraped, name):
    """What Prometheus has of a histogram: the labels and the value of each exemplar, by worker and bound."""
    prometheus, form = scraped
    selector = name if form == "protobuf" else f"{name}_bucket"
    return {
        (labels.get("worker") or labels["name"], labels.get("le")): [
            (one["labels"], float(one["value"])) for one in some
        ]
        for labels, some in prometheus.exemplars(selector)
    }


def test_exemplars_of_each_worker(served, scraped):
    """Whichever worker was scraped, those of all have come, each with its bucket's labels and value."""
    found = exemplars(scraped, "took_seconds")
    for pid in served[1]:
        expected = {bound: (f"{pid}-{value}", value) for bound, value in zip(BOUNDS, SECONDS, strict=True)}
        own = {bound: some for (worker, bound), some in found.items() if worker == pid}
        if scraped[1] == "text":
            assert expected == {
                bound: (one[-1][0]["trace_id"], one[-1][1]) for bound, one in own.items() if one
            }
        else:  # a native histogram has all of them; older versions of Prometheus keep the first only
            assert [None] == list(own)
            assert {(labels["trace_id"], value) for labels, value in own[None]} <= set(expected.values())
            assert own[None]


def test_traces_of_each_worker(served, scraped):
    """Traces and spans arrive as OpenTelemetry writes them."""
    found = exemplars(scraped, "mcp_call_duration_seconds")

    assert served[1] == {worker for worker, _ in found}
    for some in found.values():
        for labels, value in some:
            assert {"trace_id", "span_id"} == set(labels)
            assert (32, 16) == (len(labels["trace_id"]), len(labels["span_id"]))
            assert value in SECONDS


@pytest.mark.parametrize("name", ["mcp_http_request_duration_seconds", "mcp_db_operation_duration_seconds"])
def test_spans_stand_for_requests_and_operations(scraped, name):
    """What the toolkit traces itself is found from its metrics."""
    found = scraped[0].exemplars(name if scraped[1] == "protobuf" else f"{name}_bucket")

    ids = [one["labels"] for _, some in found for one in some]
    assert ids
    assert {(32, 16)} == {(len(one["trace_id"]), len(one["span_id"])) for one in ids}


def test_counters_have_theirs(served, scraped):
    """Exemplars of counters are kept, too."""
    found = {labels["worker"]: some for labels, some in scraped[0].exemplars("jobs_total")}

    assert {pid: {"order": f"order-{pid}"} for pid in served[1]} == {
        worker: some[-1]["labels"] for worker, some in found.items()
    }


def test_newer_ones_follow(served, scraped):
    """A newer exemplar of a bucket comes beside the older one, at its own time; no scrape is refused."""
    spread(served[0], COUNT)

    def most():
        return max(len(some) for _, some in scraped[0].exemplars("jobs_total"))

    assert settled(lambda: most() >= 2, True)
    assert {} == scraped[0].errors()
    for _, some in scraped[0].exemplars("jobs_total"):
        stamps = [one["timestamp"] for one in some]
        assert sorted(set(stamps)) == stamps
        assert all(abs(time.time() - stamp) < 300 for stamp in stamps)
