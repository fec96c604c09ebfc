"""What the directory of a service is called, after the process that its siblings have in common."""

from __future__ import annotations

import os
import re

from .origin import Origin

_NAME = re.compile(r"(?P<pid>[1-9]\d{0,9})-(?P<started>\d*)(?:-(?P<namespace>\d+))?")


def name_of(origin: Origin) -> str:
    """The name of the directory of the siblings that have `origin` in common."""
    namespace = _namespace()
    return f"{origin.pid}-{origin.started}" + (f"-{namespace}" if namespace else "")


def origin_of(name: str) -> tuple[Origin, bool] | None:
    """The origin that `name` tells, and whether we can see its process; None for a name of another kind."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return Origin(int(match["pid"]), match["started"]), (match["namespace"] or "") == _namespace()


def _namespace() -> str:
    """What tells our numbers of processes from those of another container; '' where there is nothing."""
    try:
        return str(os.stat("/proc/self/ns/pid").st_ino)
    except OSError:
        return ""
