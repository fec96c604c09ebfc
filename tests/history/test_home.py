"""Where history is: in memory, until there is a directory that workers share."""

from __future__ import annotations

import os
from unittest.mock import Mock

import pytest

from mcp_perf.history.history import History
from mcp_perf.history.home import Home
from mcp_perf.history.segments import FileStore
from mcp_perf.resolutions import resolutions_of


@pytest.fixture
def parent(tmp_path):
    parent = os.open(tmp_path, os.O_RDONLY)
    yield parent
    os.close(parent)


class Alone:
    """A process that is alone, with something in its history, until it has a directory."""

    def __init__(self):
        self.directory = None
        self.home = Home(lambda: self.directory)
        self.home.store().append("frames-1-5-1000", b"abc", 0)
        self.home.store().append("frames-1-5-2000", b"de", 0)


SIZES = {"frames-1-5-1000": 3, "frames-1-5-2000": 2}


def sizes(home):
    return {name: size for name, size in home.store().sizes().items() if name.startswith("frames")}


def test_who_was_alone(parent) -> None:
    """A process that gets siblings takes its history along."""
    alone = Alone()
    alone.directory = parent
    assert SIZES == sizes(alone.home)
    assert b"abc" == alone.home.store().read("frames-1-5-1000")
    alone.directory = None
    assert {} == sizes(alone.home)


def test_child(parent) -> None:
    """A child leaves its parent's history to the parent."""
    alone = Alone()
    alone.directory = parent
    alone.home.forked()
    assert {} == sizes(alone.home)


def test_full_disk(parent, monkeypatch) -> None:
    """What finds no room at first comes when there is some."""
    alone = Alone()
    alone.directory = parent
    with monkeypatch.context() as patch:
        patch.setattr(FileStore, "append", Mock(side_effect=OSError("full")))
        with pytest.raises(OSError, match="full"):
            alone.home.store()
    assert SIZES == sizes(alone.home)


def test_directory_in_place_of_a_segment(parent, tmp_path) -> None:
    """What is no file in there is left alone, and keeps nobody from reading the rest."""
    alone = Alone()
    alone.directory = parent
    alone.home.store()
    (tmp_path / "history" / "frames-1-5-3000").mkdir()
    assert SIZES == sizes(alone.home)
    window = History(alone.home, resolutions_of("history", "5s:10m")).window(60, 5.0)
    assert 0.0 == window.seconds
