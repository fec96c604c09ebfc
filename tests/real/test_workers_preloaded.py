"""Real servers that fork their workers from a process which has metrics already."""

import pytest
from support.many import counted, spread, summaries
from support.readings import value
from support.servers import settled
from support.worker_servers import COUNT, PRELOADED, serving

pytestmark = pytest.mark.real


class Early:
    """A server whose application has counted while it was imported, before the fork; then it has answered."""

    def __init__(self, server):
        self.server = server
        self.sent, self.pids = spread(server, COUNT)


@pytest.fixture(scope="module", params=PRELOADED)
def early(request):
    with serving(request.param, "many_early") as server:
        yield Early(server)


def test_requests_are_counted_as_ever(early):
    """Each worker counts for itself, though it was forked in the midst of things."""
    assert early.sent == settled(lambda: counted(early.server), early.sent, 5.0)


def test_what_was_counted_before_the_fork_counts_once(early):
    """It is the process's that has imported the application, and no worker inherits it."""
    assert [1] * COUNT == [value(early.server, "early_total") for _ in range(COUNT)]
    assert [1] * COUNT == [value(early.server, "early_level") for _ in range(COUNT)]


def test_who_forks_the_workers_is_none(early):
    """The process that only looks after the workers is not one of them, though it has metrics."""
    for summary in summaries(early.server, early.pids).values():
        assert early.pids == {one["pid"] for one in summary["process"]["workers"]}
    assert COUNT == value(early.server, "mcp_monitor_workers")
