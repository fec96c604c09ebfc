"""The clock, and how something that was timed came to its end."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["success", "error", "cancelled"]


@dataclass(frozen=True)
class Clock:
    """Time and chance, in one object that tests replace.

    `monotonic` measures durations and `wall` dates, both in seconds; `chance` is uniform in [0, 1).
    """

    monotonic: Callable[[], float] = time.perf_counter
    wall: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random


def outcome(error: BaseException | None) -> Outcome:
    """How a call that ended with `error` is labelled.

    What is raised into a call from outside to end it (asyncio's and trio's cancellation, a generator's
    close, gevent's kill) derives from BaseException directly.
    """
    if error is None:
        return "success"
    if isinstance(error, (Exception, KeyboardInterrupt, SystemExit)):
        return "error"
    return "cancelled"
