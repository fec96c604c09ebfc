"""The formats of a profile: what others read, and what people see."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from support.profiling import read_speedscope

from mcp_perf.pace import unpaced
from mcp_perf.profiling import Options, Profile, told
from mcp_perf.profiling.profile import WAITING, Frame

MAIN, HOT, COLD = Frame("main", "app.py", 1), Frame("hot", "app.py", 10), Frame("cold", "lib/b.py", 3)
ODD = Frame("<img src=x onerror=alert(1)>;\n\ud800' \"", "a;b\n&.py", 7)


def profile(stacks, service="shop", **options):
    return Profile(
        options=Options(**options),
        service=service,
        pid=123,
        seconds=2.0,
        looks=198,
        task_looks=7,
        spent=0.02,
        stacks=stacks,
    )


def text(stacks, below="profile/", **options):
    content_type, parts = told(profile(stacks, **options), below, unpaced)
    return content_type, b"".join(parts).decode()


STACKS = {(MAIN, HOT): 1.5, (MAIN, COLD, WAITING): 0.4, (MAIN,): 0.1}


def test_collapsed() -> None:
    """Each stack is on a line with its milliseconds, that with most time first."""
    content_type, body = text(STACKS, format="collapsed")
    lines = [line for line in body.splitlines() if not line.startswith("#")]
    assert "text/plain; charset=utf-8" == content_type
    assert [
        "main (app.py:1);hot (app.py:10) 1500",
        "main (app.py:1);cold (lib/b.py:3);(waiting) 400",
        "main (app.py:1) 100",
    ] == lines


def test_collapsed_of_odd_names() -> None:
    """Whatever a function is called, it stays one frame of one line."""
    _, body = text({(MAIN, ODD): 1.0}, format="collapsed")
    (line,) = [line for line in body.split("\n") if line and not line.startswith("#")]
    stack, _, number = line.rpartition(" ")
    assert (1, "1000") == (stack.count(";"), number)
    assert line.isprintable()


@pytest.mark.parametrize("wanted", ["collapsed", "speedscope", "html"])
def test_what_is_stated(wanted) -> None:
    """Every format says which process it is of, how often it was looked at, and what that has cost."""
    _, body = text(STACKS, format=wanted)
    for words in (
        "process 123",
        "198 looks in 2.00 s: 99.0 a second of 100 asked for",
        "0.0200 s of processor time: 1.00 % of one core",
        "without what waits",
    ):
        assert words in body


def test_what_is_stated_is_no_stack() -> None:
    """In collapsed stacks what is said of the whole ends in no number, by which readers know a stack."""
    _, body = text(STACKS, format="collapsed")
    assert all(re.search(r" [\d.]+$", line) is None for line in body.splitlines() if line.startswith("#"))


@pytest.mark.parametrize("stacks", [STACKS, {}, {(MAIN, ODD): 1.0}])
def test_speedscope(stacks) -> None:
    """The file is as speedscope's schema has it, and its numbers are those of the profile."""
    content_type, body = text(stacks, format="speedscope")
    found = read_speedscope(body)
    (one,) = found["profiles"]
    names = [frame["name"] for frame in found["shared"]["frames"]]
    read = {
        tuple(names[place] for place in sample): weight
        for sample, weight in zip(one["samples"], one["weights"], strict=True)
    }
    assert "application/json" == content_type
    assert {tuple(frame.name for frame in stack): seconds for stack, seconds in stacks.items()} == read
    assert (0, pytest.approx(sum(stacks.values()))) == (one["startValue"], one["endValue"])


class Page(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def boxes(page):
    return [found for tag, found in page.elements if tag == "svg" and "data-share" in found]


def test_page() -> None:
    """The page has a box for each function, as wide as its share, and a table of functions."""
    content_type, body = text(STACKS)
    page = Page(body)
    assert "text/html; charset=utf-8" == content_type
    assert [1.0, 1.0, 0.75, 0.2, 0.2] == [float(one["data-share"]) for one in boxes(page)]
    assert ["0", "1", "2", "2", "3"] == [one["data-depth"] for one in boxes(page)]
    assert [0.0, 0.0, 0.0, 0.75, 0.75] == [float(one["data-left"]) for one in boxes(page)]
    assert "hot (app.py:10): 1.500 s, 75.0 %" in page.text


def test_page_has_no_script_within() -> None:
    """No script or style is within the page, and nothing of it is of another host."""
    page = Page(text(STACKS)[1])
    assert [{"src": "profile/flame.js", "defer": None}] == [
        found for tag, found in page.elements if tag == "script"
    ]
    names = {name for _, found in page.elements for name in found}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert "style" not in {tag for tag, _ in page.elements}
    places = [value for _, found in page.elements for name, value in found.items() if name in ("src", "href")]
    assert {"profile/flame.js", "profile/style.css", "data:,"} == set(places)


@pytest.mark.parametrize("route", ["<script>alert(1)</script>", '"><b>', "@idle@ @profile@ @graph@"])
def test_page_of_odd_names(route) -> None:
    """No name of a function, a file or a route becomes markup."""
    plain, odd = Page(text({(MAIN, HOT): 1.0})[1]), Page(text({(MAIN, ODD): 1.0}, route=route)[1])
    assert [tag for tag, _ in plain.elements] == [tag for tag, _ in odd.elements]
    assert "<img src=x" in odd.text


@pytest.mark.parametrize("name", ["@route@", "@seconds@ @hz@", "@below@", "@profile@", "@graph@@functions@"])
def test_page_of_names_that_look_like_ours(name) -> None:
    """A service, a route or a function that is called like a place of the page is shown as it is called."""
    page = Page(text({(Frame(name, "a.py", 1),): 1.0}, service=name, route=name, below=f"{name}/")[1])
    heading = re.search("Profile of (.*)", page.text)
    (route,) = [found["value"] for _, found in page.elements if found.get("name") == "route"]
    (script,) = [found["src"] for tag, found in page.elements if tag == "script"]
    assert (name, name, f"{name}/flame.js") == (heading[1], route, script)
    assert f"{name} (a.py:1): 1.000 s" in page.text


def test_page_of_nothing() -> None:
    """Where nothing was seen the page says so."""
    assert "Nothing was seen." in text({})[1]


def test_page_is_bounded() -> None:
    """Of very many functions those are drawn that can be seen."""
    stacks = {(MAIN, Frame(f"f{number}", "a.py", number)): 1.0 for number in range(5000)}
    page = Page(text({**stacks, (MAIN, HOT): 5000.0})[1])
    assert 3 == len(boxes(page))
    deep = tuple(Frame(f"f{number}", "a.py", number) for number in range(6000))
    assert 5000 == len(boxes(Page(text({deep: 1.0})[1])))
