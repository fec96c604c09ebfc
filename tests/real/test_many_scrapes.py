"""A thousand scrapes at once, many by clients that read slowly or not at all: the memory has a bound."""

import asyncio
import contextlib
import threading
from collections import Counter

import pytest
from support.crowd import KINDS, Ending, Memory, crowd
from support.servers import APPS, PATIENCE, running, uvicorn

from mcp_perf.serving import limits

pytestmark = pytest.mark.long

CLIENTS = 1000
SLOW = {Ending(kind, outcome) for kind in KINDS[1:] for outcome in ("reading", "cut off")}
# What each client may cost besides renderings: the part that is being sent, what the server has yet to give
# to the system, and what a connection takes.
EACH = 3 * 65536
# Renderings that are being made (4) or sent (8) at a time, and what the allocator keeps of them for each
# thread that has made one; the rest of the parallel ones share them, are refused or cut off.
RENDERINGS = 24


@contextlib.contextmanager
def asked_meanwhile(server):
    """The application is asked for its own page all the time; gives the statuses."""
    over, statuses = threading.Event(), Counter()

    def ask():
        while not over.is_set():
            statuses[server.ask("/")[0]] += 1
            over.wait(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield statuses
    finally:
        over.set()
        thread.join(PATIENCE)


async def storm(port, seconds):
    """The endings of a thousand clients of all kinds, when those that read have theirs or after a time."""
    over = asyncio.Event()
    with crowd(port, [KINDS[number % 3] for number in range(CLIENTS)]) as clients:
        tasks = [asyncio.create_task(client.scrape(over)) for client in clients]
        readers = [task for client, task in zip(clients, tasks, strict=True) if client.kind == "reads"]
        await asyncio.wait(readers, timeout=seconds)
        over.set()
        await asyncio.wait(tasks, timeout=2)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        return Counter(
            client.ending(is_over=True) if task.cancelled() else task.result()
            for client, task in zip(clients, tasks, strict=True)
        )


@pytest.fixture
def server():
    """The application; all that it keeps for scrapes is there."""
    with running(uvicorn("crowded:app", http="httptools", directory=APPS)) as found:
        for _ in range(3):
            found.render()
        yield found


@pytest.fixture
def size(server):
    """The length of one answer."""
    return len(server.render()[1])


def serves(server, port, size):
    """Whether a whole answer comes from a port, after all."""
    server.port, before = port, server.port
    try:
        return abs(len(server.render()[1]) - size) < size / 10
    finally:
        server.port = before


def test_the_metrics_of_an_application(server, size):
    """Each is answered, told when to come again or cut off for the next; their number takes no memory."""
    memory = Memory(server)
    with asked_meanwhile(server) as statuses:
        found = asyncio.run(storm(server.port, 60))

    assert {"200", "503", "cut off"} >= {ending.outcome for ending in found if ending.kind == "reads"}, found
    assert {"200", "503", "cut off", "reading"} >= {ending.outcome for ending in found}, found
    assert found[Ending("reads", "200")] > 0
    assert {200} == set(statuses)
    assert memory.growth() < RENDERINGS * size + CLIENTS * EACH
    assert serves(server, server.port, size)


def test_a_port_of_their_own(server, size):
    """Some are answered at a time, others wait, slow ones are cut off; the application notices nothing."""
    memory = Memory(server)
    port = int(server.ask("/")[2])
    with asked_meanwhile(server) as statuses:
        found = asyncio.run(storm(port, 20))

    assert found[Ending("reads", "200")] > 0
    # Nobody has come to some in that time, and some were in the midst of it.
    assert {"200", "none", "reading"} >= {ending.outcome for ending in found if ending.kind == "reads"}, found
    # More slow ones than there are places: the first of them were cut off.
    slow = sum(number for ending, number in found.items() if ending in SLOW)
    assert slow > limits.CONNECTIONS, found
    assert {200} == set(statuses)
    assert memory.growth() < RENDERINGS * size + CLIENTS * EACH
    assert serves(server, port, size)


def test_one_after_another(server, size):
    """Who asks and does not read, and comes again and again, has no rendering kept for each time."""
    memory, times = Memory(server), 150

    async def ask():
        with crowd(server.port, ["does not read"] * times) as clients:
            for number, client in enumerate(clients):
                if number % 3 == 0:
                    assert 200 == (await asyncio.to_thread(server.ask, "/sell"))[0]
                await client.begin()
                assert memory.growth() < RENDERINGS * size + times * EACH, f"after {number} of {times}"

    asyncio.run(ask())
    assert serves(server, server.port, size)


def test_all_of_them_different(server, size):
    """Questions that differ in what means nothing are one question, or wait for each other."""
    memory = Memory(server)

    async def ask():
        over = asyncio.Event()
        with crowd(server.port, ["reads"] * 100, "/metrics?x={}") as clients:
            return Counter(await asyncio.gather(*[client.scrape(over) for client in clients]))

    with asked_meanwhile(server) as statuses:
        found = asyncio.run(ask())

    assert {"200", "503"} >= {ending.outcome for ending in found}, found
    assert {200} == set(statuses)
    assert memory.growth() < RENDERINGS * size + 100 * EACH
    assert serves(server, server.port, size)
