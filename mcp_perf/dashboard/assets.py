"""What a browser loads: the page, its script and its style, and the library that draws its charts."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

# Nothing but what this very host serves, and no script within the page. The library that draws charts puts
# styles there, which do not stay the same from one of its versions to the next.
HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
_PLACE = "@below@"  # where the page says what its own path is


@lru_cache(maxsize=8)
def asset(name: str) -> bytes:
    """A file that the page loads."""
    return files(__package__).joinpath("static", name).read_bytes()


def page(below: str) -> bytes:
    """The page; `below` is what leads from its address to what is below it."""
    return asset("page.html").replace(_PLACE.encode(), below.encode())


@lru_cache(maxsize=1)
def library() -> Path | None:
    """The script of plotly, None where it is not installed; it need not be imported for that."""
    found = importlib.util.find_spec("plotly")
    if found is None or not found.submodule_search_locations:
        return None
    path = Path(found.submodule_search_locations[0], "package_data", "plotly.min.js")
    return path if path.is_file() else None


def has_library() -> bool:
    """Whether there is what draws charts."""
    return library() is not None


def script() -> bytes:
    """The library that draws charts; empty where there is none."""
    path = library()
    return path.read_bytes() if path is not None else b""
