"""Servers with several workers: requests spread over them, and what each of them says."""

import contextlib
import http.client
import json
import os
import time
from collections import Counter
from pathlib import Path

from mcp_perf.workers.meeting.directory import of_user
from support.readings import requests
from support.servers import PATIENCE

PATHS = ("/one", "/two")
AT_ONCE = 8


def at_once(server, paths):
    """Status and body of each path, asked for on connections that are all there before the first is read."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(contextlib.closing(server.connect())) for _ in paths]
        for connection, path in zip(connections, paths, strict=True):
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
        return [_answer(connection) for connection in connections]


def _answer(connection):
    # Closed at once: a server that lingers until its client goes is there for the next one then.
    with contextlib.closing(connection), contextlib.closing(http.client.HTTPResponse(connection)) as answer:
        answer.begin()
        return answer.status, answer.read()


def spread(server, workers, least=100, *, exactly=True):
    """Ask until so many workers have answered, and so many requests: the numbers by path, and the pids.

    No more of them than that may answer, if it is to be `exactly` so many.
    """
    sent, pids = Counter(), set()
    deadline = time.monotonic() + PATIENCE
    while len(pids) < workers or sent.total() < least:
        assert time.monotonic() < deadline, f"only {pids} of {workers} answer\n{server.output()[-4000:]}"
        paths = [PATHS[number % 3 == 0] for number in range(AT_ONCE)]
        for status, body in at_once(server, paths):
            assert 200 == status, server.output()[-4000:]
            if int(body) not in pids:
                pids.add(int(body))
                deadline = time.monotonic() + PATIENCE
        sent.update(paths)
    assert workers == len(pids) or not exactly, (
        f"{pids} instead of {workers} workers\n{server.output()[-4000:]}"
    )
    return sent, pids


def summaries(server, pids):
    """``/metrics/summary`` as each of the workers `pids` has it, by pid."""
    found = {}
    deadline = time.monotonic() + PATIENCE
    while not pids <= found.keys():
        assert time.monotonic() < deadline, f"only {set(found)} of {pids} answer"
        for status, body in at_once(server, ["/metrics/summary"] * AT_ONCE):
            assert 200 == status, body
            summary = json.loads(body)
            found[summary["process"]["pid"]] = summary
    return found


def counted(monitor):
    """The requests counted by path, whatever has become of them."""
    found = Counter()
    for (_, route, _), number in requests(monitor).items():
        found[route] += number
    return found


def parent(pid):
    """The parent of the process `pid`; None where that does not live, were it not buried yet."""
    try:
        state, found = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[:2]
    except OSError:
        return None
    return int(found) if state != b"Z" else None


def shared_directory(pid, name="mcp"):
    """Where the siblings that have the process `pid` in common meet; None where there is no such place."""
    return next((found / name for found in of_user().glob(f"{pid}-*")), None)


def owners(directory):
    """The pids of the workers whose files are in a directory, with how many; and what else is there."""
    files, others = Counter(), set()
    for name in os.listdir(directory):
        stem, _, kind = name.rpartition(".")
        if kind in ("index", "slots"):
            files[int(stem.partition("-")[0])] += 1
        else:
            others.add(name)
    return files, others
