"""The directory that siblings share: given by a setting, or found by each of them on its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from .naming import name_of
from .origin import Origin
from .ownership import own, user

# A file on a disk stalls whoever writes to it while it is written back; shared memory does not.
SHARED_MEMORY = Path("/dev/shm")


def of_user() -> Path:
    """Where the automatic directories of this user are; it need not be there yet."""
    return _base() / f"mcp_perf-{user()}"


def automatic(origin: Origin, name: str) -> Path:
    """The directory `name` of the siblings that have `origin` in common, made if need be."""
    if not name or name in (".", "..") or "/" in name or "\0" in name:
        raise ValueError(f"the name of a directory must be one plain name, not {name!r}")
    return own(own(own(of_user()) / name_of(origin)) / name)


def _base() -> Path:
    effective = os.access in os.supports_effective_ids
    if os.path.isdir(SHARED_MEMORY) and os.access(SHARED_MEMORY, os.W_OK | os.X_OK, effective_ids=effective):
        return SHARED_MEMORY
    return Path(tempfile.gettempdir())
