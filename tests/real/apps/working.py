"""Work of a known share, and who may look at it."""

import time

from mcp_perf.access import networks

SETTINGS = {"access": {"profile": networks("127.0.0.1")}, "slow_request_seconds": 0.5}
SHARE = 0.8  # of the work, that is `hot`
_ROUNDS = 100_000


def hot():
    total = 0
    for number in range(int(SHARE * _ROUNDS)):
        total += number * number
    return total


def cold():
    total = 0
    for number in range(int((1 - SHARE) * _ROUNDS)):
        total += number * number
    return total


def work():
    hot()
    cold()


def wait():
    time.sleep(0.02)


def linger():
    time.sleep(0.8)
