"""Slow requests as the summary has them."""

from __future__ import annotations

from typing import Any

from ..profiling import SlowRequest, SlowRequests
from .numbers import date
from .options import Options


def slow_requests(
    kept: SlowRequests, options: Options, now: float, *, with_stacks: bool
) -> list[dict[str, Any]] | None:
    """Those that have ended in the window that is asked for, if one is, the newest first.

    None where none are kept. Stacks are code: they are there only `with_stacks`. `now` is in seconds since
    the epoch.
    """
    if kept.threshold is None:
        return None
    until = options.until if options.until is not None else now
    since = until - options.window if options.window is not None else 0.0
    found = [one for one in kept.read() if since <= one.ended_at <= until or options.window is None]
    return [_told(one, with_stacks=with_stacks) for one in found]


def _told(request: SlowRequest, *, with_stacks: bool) -> dict[str, Any]:
    stacks = [{"share": share, "lines": list(lines)} for share, lines in request.stacks]
    return {
        "method": request.method,
        "route": request.route,
        "status": request.status,
        "duration_seconds": request.seconds,
        "started_at": date(request.started_at),
        "trace_id": request.trace_id,
        "pid": request.pid,
        "looks": request.looks,
        "stacks": stacks if with_stacks else None,
    }
