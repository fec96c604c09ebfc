"""A server under load, scraped all along, whose workers are killed; what clients and a scraper see of it."""

import contextlib
import http.client
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

from support.many import at_once, parent
from support.readings import samples
from support.servers import PATIENCE

_COUNTED = ("_total", "_count", "_sum", "_bucket")
_EPOCH = 4  # kills


class Client:
    """Sends requests, and knows of each whether it was answered completely."""

    def __init__(self, server):
        self.answered = Counter()  # by path
        self.broken = Counter()  # the server may have counted them or not
        self.wrong = []
        self.pids = set()
        self._server = server

    def ask(self, path):
        """Send one request on a connection of its own."""
        try:
            ((status, body),) = at_once(self._server, [path])
        except (OSError, http.client.HTTPException):
            self.broken[path] += 1
            return
        self.answered[path] += 1
        if status == 200:
            self.pids.add(int(body))
        else:
            self.wrong.append((status, body))


class Scraper:
    """Scrapes, whichever worker answers, and keeps whatever counter has stepped back or gone."""

    def __init__(self, server):
        self.scrapes = 0
        self.steps_back = []
        self._server = server
        self._last = {}

    def scrape(self):
        """Scrape, if the worker lives long enough to answer."""
        try:
            found = samples(self._server)
        except (OSError, http.client.HTTPException):
            return
        self.scrapes += 1
        for key, before in self._last.items():
            if found.get(key, -1.0) < before:
                self.steps_back.append((self.scrapes, key, before, found.get(key)))
        # Those that processes have of themselves are not ours, and not of all workers.
        self._last = {
            key: number
            for key, number in found.items()
            if key[0].startswith("mcp_") and key[0].endswith(_COUNTED)
        }


class Storm:
    """Clients, a scraper, and who kills the workers of a server: at moments that `seed` makes the same ones.

    Requests tell after how many kills they were sent, so that what one has lost is not made up for by what
    was counted of another one much later.
    """

    def __init__(self, server, seed, *, newborn=False, clients=4):
        self.server = server
        self._newborn = newborn  # whether all children of the server are workers, also before they answer
        self.scraper = Scraper(server)
        self.killed = []
        self.answered, self.broken, self.wrong, self.pids = Counter(), Counter(), [], set()
        self._clients = [Client(server) for _ in range(clients)]
        self._random = random.Random(seed)

    def warm(self, kills):
        """Ask once for each path that there will be; so the page is as long before the storm as after it."""
        for number in range(0, kills + 1, _EPOCH):
            self._clients[0].ask(_path(number))

    @contextlib.contextmanager
    def raging(self):
        """Everybody at work, until the end of the block."""
        over = threading.Event()
        threads = [threading.Thread(target=self._load, args=(one, over)) for one in self._clients]
        threads.append(threading.Thread(target=self._watch, args=(over,)))
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            over.set()
            for thread in threads:
                thread.join()
            self._add_up()

    def kill(self, number):
        """Kill so many workers at random moments, as quickly as others take their place."""
        while len(self.killed) < number:
            self._await_others()
            # Before the pause: some versions of gunicorn take a worker that dies amid the fork for alive.
            living = set(self._living())
            if self._newborn:  # of whom those that were killed are there until the server has noticed
                living |= children(self.server.process.pid).difference(self.killed)
            time.sleep(self._random.uniform(0.003, 0.02))  # the moment
            victim = self._random.choice(sorted(living) or [0])
            if parent(victim) == self.server.process.pid:
                os.kill(victim, signal.SIGKILL)
                self.killed.append(victim)

    def await_scrapes(self, number):
        """Come back when there were so many scrapes, of which a busy machine may have made few meanwhile."""
        deadline = time.monotonic() + PATIENCE
        while self.scraper.scrapes < number:
            assert time.monotonic() < deadline, f"no scrape is answered\n{self.server.output()[-4000:]}"
            time.sleep(0.02)

    def await_lives(self, number):
        """Come back when so many workers have answered since, by whatever others have ended."""
        deadline = time.monotonic() + PATIENCE
        number += len(self._answering())
        while len(self._answering()) < number:
            assert time.monotonic() < deadline, f"nobody is recycled\n{self.server.output()[-4000:]}"
            time.sleep(0.02)

    def _load(self, client, over):
        while not over.is_set():
            client.ask(_path(len(self.killed)))

    def _watch(self, over):
        while not over.wait(0.05):
            self.scraper.scrape()

    def _await_others(self):
        """Come back when at least two workers live that have answered."""
        deadline = time.monotonic() + PATIENCE
        while len(self._living()) < 2:
            assert time.monotonic() < deadline, f"nobody answers\n{self.server.output()[-4000:]}"
            time.sleep(0.002)

    def _living(self):
        return sorted(pid for pid in self._answering().difference(self.killed) if parent(pid))

    def _answering(self):
        return set().union(*(list(one.pids) for one in self._clients))

    def _add_up(self):
        for one in self._clients:
            self.answered += one.answered
            self.broken += one.broken
            self.wrong += one.wrong
            self.pids |= one.pids


def _path(kills):
    return f"/epoch/{kills // _EPOCH}"


def children(pid):
    """The processes that `pid` has started and not yet seen to have ended."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def quickest(server, times=30):
    """The shortest time that ``/metrics`` took to answer."""

    def once():
        begin = time.perf_counter()
        server.render()
        return time.perf_counter() - begin

    return min(once() for _ in range(times))
