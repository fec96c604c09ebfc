"""What the query string of ``/metrics/profile`` may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

LONGEST = 60  # seconds
FASTEST = 250  # looks a second
_FORMATS = ("html", "collapsed", "speedscope")
_FLAGS = {"0": False, "1": True}
_FIELDS = 100
_SHOWN = 40  # characters of a wrong value
_ROUTE = 1000  # characters

Format = Literal["html", "collapsed", "speedscope"]


@dataclass(frozen=True)
class Options:
    """`seconds` that it takes, `hz` looks a second, in which `format` it is told.

    `route`: only what was done while that was served, None for everything. `idle`: whether threads and tasks
    count while they wait; None: if they serve the route. `names`: whether each stack begins with the
    name of its thread or task.
    """

    seconds: int = 5
    hz: int = 100
    format: Format = "html"
    route: str | None = None
    idle: bool | None = None
    names: bool = False

    @property
    def with_idle(self) -> bool:
        """Whether what waits counts: to somebody who waits for an answer all of its time is worth knowing."""
        return self.idle if self.idle is not None else self.route is not None


def options_of(query: str, accept: str = "") -> Options:
    """The options that a query string asks for; ValueError, in one sentence, for a wrong value.

    Browsers, which `accept` HTML, get that unless they ask for another format, others collapsed stacks.
    """
    try:
        fields = parse_qsl(query, keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise ValueError(f"the query string must have at most {_FIELDS} parameters") from None
    given: dict[str, str] = {}
    for name, value in fields:
        if name in given:
            raise ValueError(f"{name} must be given once")
        given[name] = value
    wanted = given.get("format") or ("html" if "text/html" in accept else "collapsed")
    if wanted not in _FORMATS:
        raise ValueError(f"format must be one of {', '.join(_FORMATS)}, not {_short(wanted)}")
    return Options(
        seconds=_whole("seconds", given.get("seconds") or str(Options.seconds), LONGEST),
        hz=_whole("hz", given.get("hz") or str(Options.hz), FASTEST),
        format=wanted,  # type: ignore[arg-type]  # one of them
        route=given["route"][:_ROUTE] if given.get("route") else None,
        idle=_flag("idle", given["idle"]) if given.get("idle") else None,
        names=_flag("names", given.get("names") or "0"),
    )


def _whole(name: str, text: str, most: int) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(most)) and 1 <= int(text) <= most:
        return int(text)
    raise ValueError(f"{name} must be a whole number from 1 to {most}, not {_short(text)}")


def _flag(name: str, text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError(f"{name} must be 0 or 1, not {_short(text)}")
    return _FLAGS[text]


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")
