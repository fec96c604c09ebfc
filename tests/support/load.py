"""Known numbers of requests, sent to a server over several connections at once."""

import contextlib
import http.client
import random
import threading
from collections import Counter
from typing import NamedTuple

from support.servers import HOST, PATIENCE


class Ask(NamedTuple):
    """One request, and what the server is to answer and to write down of it."""

    method: str
    path: str
    route: str
    status: int
    body: bytes | None = None


def counted(asks):
    """What ``mcp_http_requests_total`` has to say after `asks`, as `support.readings.requests` gives it."""
    labels = ((known(ask.method), ask.route, str(ask.status)) for ask in asks)
    return {key: float(number) for key, number in Counter(labels).items()}


def known(method):
    """The label of the methods that these tests use."""
    return method if method in ("GET", "HEAD", "POST") else "_OTHER"


def fire(server, asks, threads=4):
    """Send `asks`, well mixed, over `threads` kept-alive connections; gives what was answered otherwise."""
    mixed = list(asks)
    random.Random(0).shuffle(mixed)
    wrong = []
    workers = [
        threading.Thread(target=_send, args=(server.port, mixed[first::threads], wrong))
        for first in range(threads)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return wrong


def _send(port, asks, wrong):
    with contextlib.closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection:
        for ask in asks:
            try:
                connection.request(ask.method, ask.path, ask.body)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                wrong.append((ask, error))
                connection.close()
            else:
                if answer.status != ask.status:
                    wrong.append((ask, answer.status))
                if answer.status >= 500:
                    connection.close()  # Uvicorn does so after an exception, without announcing it
