"""Real servers with four workers and no setting: whichever worker is asked, the answer is that of all."""

import os

import pytest
from support.many import PATHS, counted, owners, parent, shared_directory, spread, summaries
from support.readings import in_progress, lost, total, value
from support.servers import settled
from support.worker_servers import COUNT, NAMES, serving

pytestmark = pytest.mark.real


class Served:
    """A server that has answered known numbers of requests: `sent` by path, by the workers `pids`."""

    def __init__(self, server):
        self.server = server
        self.sent, self.pids = spread(server, COUNT)


@pytest.fixture(scope="module", params=NAMES)
def served(request):
    with serving(request.param) as server:
        yield Served(server)


def test_every_worker_answers_for_all(served):
    """Each page of metrics has exactly the requests that were answered, by whichever worker."""
    assert served.sent == settled(lambda: counted(served.server), served.sent), served.server.output()[-4000:]
    for _ in range(4 * COUNT):
        assert served.sent == counted(served.server)


def test_nothing_is_in_progress_or_lost(served):
    """When all the answers are there no request is under way in any worker, and nothing has failed."""
    assert 0 == settled(lambda: in_progress(served.server), 0)
    assert 0 == lost(served.server)
    assert 0 == total(served.server, "mcp_monitor_storage_errors_total")


def test_as_many_workers_as_live(served):
    """The number of workers is that of those who live and have served."""
    assert COUNT == value(served.server, "mcp_monitor_workers")
    assert {served.server.process.pid} == {parent(pid) for pid in served.pids}


def test_summary_of_each_worker_agrees(served):
    """The JSON page has the same numbers, from every worker."""
    settled(lambda: counted(served.server), served.sent)
    for summary in summaries(served.server, served.pids).values():
        found = {route["route"]: route["requests"] for route in summary["http"]["routes"]}
        assert served.sent == found
        assert (COUNT, 0) == (summary["workers"], summary["http"]["in_progress"])
        assert served.sent.total() == summary["http"]["requests"]


def test_process_metrics_of_each_worker(served):
    """The summary has one entry a worker with its pid, and together what they take together."""
    for pid, summary in summaries(served.server, served.pids).items():
        process = summary["process"]
        assert served.pids == {one["pid"] for one in process["workers"]}
        assert COUNT == len(process["workers"])
        assert pid == process["pid"] == process["workers"][0]["pid"]
        if os.path.exists("/proc/self/stat"):
            memory = [one["resident_memory_bytes"] for one in process["workers"]]
            assert sum(memory) == process["resident_memory_bytes"]
            assert min(memory) > 1_000_000


def test_directory_has_files_of_the_living(served):
    """Each worker has two files in the directory of the service, and nobody else has any."""
    found = shared_directory(served.server.process.pid)
    assert found is not None, served.server.output()
    files, others = owners(found)
    assert dict.fromkeys(served.pids, 2) == files
    assert others <= {"archive", "history", "lock"}


def test_paths_are_all_asked_for(served):
    """The requests that this is about go to two routes, so that sums are over several series."""
    assert set(PATHS) == set(served.sent)
