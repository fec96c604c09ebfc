"""Columns: what is read of many runs at once is what each of them holds."""

from __future__ import annotations

import os
from array import array

from hypothesis import given, settings
from hypothesis import strategies as st

from mcp_perf.pace import unpaced
from mcp_perf.storage.column import column, one_by_one
from mcp_perf.workers.files.slot_file import SlotFile

MEMORY = memoryview(array("d", range(2000)))


@given(st.lists(st.integers(0, 1999), min_size=1, max_size=30, unique=True))
def test_places_in_any_order(places) -> None:
    """The slots at any places come in the order of these places."""
    assert [float(place) for place in places] == list(column(places)(MEMORY))


@given(st.integers(0, 500), st.integers(1, 40), st.integers(1, 30))
def test_places_at_a_distance(first, step, number) -> None:
    """So do those that are all equally far from each other."""
    places = range(first, first + step * number, step)

    assert list(map(float, places)) == list(column(places)(MEMORY))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), length=st.sampled_from([1, 2, 7]), number=st.integers(2, 20_000))
def test_runs_of_a_slot_file(tmp_path_factory, data, length, number) -> None:
    """Some runs of a file, over one step of it or several, read as one by one, or not at once at all."""
    fd = os.open(tmp_path_factory.mktemp("slots") / "slots", os.O_RDWR | os.O_CREAT)
    try:
        file = SlotFile(fd)
        every = [file.take(length) for _ in range(number)]
        begin = data.draw(st.integers(0, number - 2))
        some = every[begin : data.draw(st.integers(begin + 2, number)) : data.draw(st.integers(1, 3))]
        for count, (_, run) in enumerate(some):
            for slot in range(length):
                run[slot] = count + slot / 10

        found = file.columns([first for first, _ in some], length)

        assert len(some) < 2 or found is not None
        for slot in range(length) if found is not None else ():
            assert one_by_one([run for _, run in some])(slot, unpaced) == list(found(slot, unpaced))
    finally:
        os.close(fd)


def test_runs_far_from_each_other_are_not_read_at_once(tmp_path) -> None:
    """Reading a whole file for a few runs would take longer."""
    fd = os.open(tmp_path / "slots", os.O_RDWR | os.O_CREAT)
    try:
        file = SlotFile(fd)
        (first, _), *_, (last, _) = [file.take(1) for _ in range(1000)]

        assert None is file.columns([first, last], 1)
    finally:
        os.close(fd)
