"""Resets: series that leave in all workers at once, as of when they were read."""

from __future__ import annotations

from collections.abc import Sequence

from ..registry.runs import slots_of
from ..registry.snapshot import FamilyReading
from .crew import View
from .files.draft import Draft
from .files.selection import Selection
from .pages import SharedPages


def reset_others(draft: Draft, view: View, selection: Selection) -> None:
    """Have nothing of these series count that the others and the dead had when they were read."""
    for sibling in view.siblings:
        if draft.has_folded(sibling.id):
            continue
        for number, run in sibling.counted(view.archive).items():
            if selection.has(run.description, run.labels):
                draft.measure_from((sibling.id, number), run, sibling.run(run) or b"")
                draft.hide((sibling.id, number), sibling.newest_exemplar(run))
    draft.drop(selection)


def reset_own(draft: Draft, pages: SharedPages, own: Sequence[FamilyReading], selection: Selection) -> None:
    """Have nothing of these series count that this process had when it read `own`."""
    member = pages.member
    if member is None:
        return
    read = {
        (reading.description, labels): (reading, row)
        for reading in own
        if selection.is_of(reading.description)
        for row, labels in enumerate(reading.labels)
        if selection.has(reading.description, labels)
    }
    for number, given in member.given().items():
        found = read.get((given.run.description, given.run.labels))
        if found is not None and number not in pages.retired:
            draft.measure_from((member.id, number), given.run, _run_of(*found))


def _run_of(reading: FamilyReading, row: int) -> bytes:
    """The run that was read as this row."""
    stamp = None if reading.stamps is None else reading.stamps[row]
    return slots_of(reading.values[row], stamp).tobytes()
