"""What services have left behind: the automatic directories that nobody uses any more."""

from __future__ import annotations

import os
import shutil
import time
from itertools import islice
from pathlib import Path

from ..system.holding import alone_in
from .naming import origin_of
from .origin import Origin, started
from .ownership import user

_LOOKED_AT, _REMOVED = 1000, 100  # entries of one sweep
_DAY = 24 * 3600.0


def sweep(base_of_user: Path) -> None:
    """Remove the automatic directories of services that are gone."""
    removed = 0
    try:
        with os.scandir(base_of_user) as entries:
            candidates = [Path(entry.path) for entry in islice(entries, _LOOKED_AT) if _left_behind(entry)]
        for directory in candidates:
            if removed == _REMOVED:
                break
            removed += remove_unheld(directory)
    except OSError:
        pass


def remove_unheld(directory: Path) -> bool:
    """Remove `directory` with all that is in it unless somebody holds it or one in it; whether it is gone."""
    try:
        with alone_in(directory) as alone:
            if alone:
                shutil.rmtree(directory, ignore_errors=True)
            return alone and not os.path.lexists(directory)
    except OSError:
        return False


def _left_behind(entry: os.DirEntry[str]) -> bool:
    told = origin_of(entry.name)
    try:
        if told is None or not entry.is_dir(follow_symlinks=False):
            return False
        found = entry.stat(follow_symlinks=False)
        if found.st_uid != user():
            return False
        origin, visible = told
        # Another container's: only those who live in it see its processes, and they lock what they use.
        return _is_gone(origin) if visible else time.time() - found.st_mtime > _DAY
    except OSError:
        return False


def _is_gone(origin: Origin) -> bool:
    now = started(origin.pid)
    if now and origin.started:
        return now != origin.started
    try:
        os.kill(origin.pid, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):  # another user's is alive
        return False
    return False
