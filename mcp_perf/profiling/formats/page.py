"""The page: a flame graph and a table of functions, which need no script to be read.

The graph is drawn here, as SVG, so that a page that somebody has saved shows it too; the script beside it
adds zoom and search. Nothing of it is of another host, and no script or style is within it (`HEADERS`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from importlib.resources import files
from zlib import crc32

from ...pace import Pace
from ..profile import WAITING, Frame, Profile
from .tree import Node, functions, placed, tree_of

CONTENT_TYPE = "text/html; charset=utf-8"
HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
_NAME = re.compile("@([a-z]+)@")
_LEAST = 0.0005  # of the width: what is narrower than half a pixel is not drawn
_MOST = 5000  # boxes
_ROWS = 100  # of the table
_HEIGHT = 18  # pixels of a row


@lru_cache(maxsize=4)
def asset(name: str) -> bytes:
    """A file that the page loads, or is made of."""
    return files("mcp_perf.profiling").joinpath("static", name).read_bytes()


def page(profile: Profile, below: str, pace: Pace) -> Iterator[bytes]:
    """The page of a profile; `below` is what leads from its address to what is below it."""
    head, graph, table, bottom = re.split("@(?:profile|graph|functions)@", asset("page.html").decode())
    options = profile.options
    filled = {
        "below": below,
        "service": profile.service,
        "seconds": str(options.seconds),
        "hz": str(options.hz),
        "route": options.route or "",
        "busy": "" if options.with_idle else " selected",
        "idle": " selected" if options.with_idle else "",
        "names": " checked" if options.names else "",
    }
    # All at once, since what a service or a route is called may look like a name of ours.
    yield _NAME.sub(lambda found: escape(filled[found[1]]), head).encode("utf-8", "replace")
    yield "".join(f"<li>{escape(line)}</li>\n" for line in profile.told()).encode("utf-8", "replace")
    yield graph.encode()
    yield from _drawn(tree_of(profile, pace), pace)
    yield table.encode()
    yield from _listed(profile)
    yield bottom.encode()


def _drawn(root: Node, pace: Pace) -> Iterator[bytes]:
    total = root.seconds
    if not total:
        yield b'<p class="none">Nothing was seen.</p>\n'
        return
    found = []
    for number, one in enumerate(placed(root, _LEAST * total)):
        if number == _MOST:
            break
        found.append(one)
        pace()
    height = _HEIGHT * (1 + max(depth for _, depth, _ in found))
    # Boxes within boxes that cut off their text: a box is as wide as its share, whatever the page's width is.
    yield (
        f'<svg id="graph" role="img" aria-label="Flame graph: the table below has its functions" '
        f'width="100%" height="{height}">\n'
    ).encode()
    for node, depth, left in found:
        yield _box(node, depth, left / total, total).encode("utf-8", "replace")
        pace()
    yield b"</svg>\n"


def _box(node: Node, depth: int, left: float, total: float) -> str:
    share = node.seconds / total
    text = escape(f"{node.frame}: {node.seconds:.3f} s, {100 * share:.1f} %")
    place = f'x="{100 * left:.4f}%" width="{100 * share:.4f}%" y="{depth * _HEIGHT}" height="{_HEIGHT - 1}"'
    return (
        f'<svg class="{_kind(node.frame)}" {place} data-depth="{depth}" data-left="{left:.6f}" '
        f'data-share="{share:.6f}"><title>{text}</title><rect width="100%" height="100%"/>'
        f'<text x="3" y="13">{escape(node.frame.name)}</text></svg>\n'
    )


def _kind(frame: Frame) -> str:
    """The class of a box: its colour is that of its file."""
    if frame == WAITING:
        return "waiting"
    return f"k{crc32(frame.file.encode('utf-8', 'replace')) % 8}" if frame.file else "mark"


def _listed(profile: Profile) -> Iterator[bytes]:
    total = profile.total
    for frame, own, whole in functions(profile)[:_ROWS]:
        cells = f'<th scope="row" class="words">{escape(frame.name)}</th>'
        place = f"{frame.file}:{frame.line}" if frame.file else ""
        cells += f'<td class="words">{escape(place)}</td>'
        for seconds in (own, whole):
            cells += f"<td>{seconds:.3f}</td><td>{100 * seconds / total:.1f} %</td>"
        yield f"<tr>{cells}</tr>\n".encode("utf-8", "replace")
