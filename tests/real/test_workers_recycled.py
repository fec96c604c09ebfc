"""Workers that serve one request each: many live and end, and nothing piles up or is lost."""

import os

import pytest
from support.many import counted, owners, shared_directory, spread
from support.readings import in_progress, value
from support.servers import settled
from support.storm import children, quickest
from support.worker_servers import COUNT, QUICKLY, serving

pytestmark = pytest.mark.real

LIVES = 120


class Recycled:
    """A server after its workers' lives, of which each ended with an answer."""

    def __init__(self, server):
        self.server = server
        first, _ = ask_each(server, 2 * COUNT)
        self.quickest_before = quickest(server, 8)
        second, self.pids = ask_each(server, LIVES)
        self.sent = first + second


def ask_each(server, number):
    """Answers by so many workers."""
    return spread(server, number, 0, exactly=False)


@pytest.fixture(scope="module")
def recycled():
    with serving("gunicorn sync preload", "many", *QUICKLY, "--max-requests", "1") as server:
        yield Recycled(server)


def test_every_answer_is_counted_once(recycled):
    """So many workers later each answer is still counted, once."""
    assert LIVES <= len(recycled.pids)
    assert recycled.sent == settled(lambda: counted(recycled.server), recycled.sent)
    assert recycled.sent == counted(recycled.server)
    assert 0 == in_progress(recycled.server)


@pytest.mark.skipif(
    not os.path.exists(f"/proc/self/task/{os.getpid()}/children"),
    reason="nobody tells whose child a process is",
)
def test_directory_is_that_of_the_living(recycled):
    """Few files are left of them all."""
    pid = recycled.server.process.pid

    def strangers():
        recycled.server.render()
        return set(owners(shared_directory(pid))[0]) - children(pid)

    assert set() == settled(strangers, set())
    assert len(os.listdir(shared_directory(pid))) <= 2 * (COUNT + 1) + 2
    assert value(recycled.server, "mcp_monitor_workers") <= COUNT + 1


def test_scrape_is_as_quick_as_with_the_first(recycled):
    """The cost of a scrape does not grow with those who have lived."""
    assert quickest(recycled.server, 8) < 3 * recycled.quickest_before
