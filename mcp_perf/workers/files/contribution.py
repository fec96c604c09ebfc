"""What a run of one worker contributes to its series."""

from __future__ import annotations

from array import array

from ...registry.description import FamilyDescription
from ...storage.records import PENDING, exact, live, settled, together


def above(description: FamilyDescription, run: bytes, baseline: bytes) -> bytes | None:
    """What has come to a run on top of its baseline; None where nothing has.

    A gauge has been written since, or not: it is what it is.
    """
    if run == baseline or len(run) != len(baseline):
        return None
    if description.kind == "gauge":
        return run
    amounts = array("d", map(_difference, array("d", run), array("d", baseline)))
    if description.kind == "timed":
        amounts[PENDING] = array("d", run)[PENDING]
    return amounts.tobytes() if any(amounts) else None


def _difference(value: float, before: float) -> float:
    return value - before if value != before else 0.0  # also of two infinities


def added(description: FamilyDescription, archived: bytes | None, run: bytes, *, is_dead: bool) -> bytes:
    """An archived run and one of a worker together; of a dead one what was pending counts too."""
    if description.kind == "timed":
        more = settled(run) if is_dead else live(run)
        return more if archived is None else together((archived, more))
    before = array("d", archived) if archived is not None else array("d", (0.0, 0.0))
    return array("d", exact([*before, *array("d", run)])).tobytes()
