"""``mcp-perf report``: its options, and what it gives."""

from __future__ import annotations

import argparse
import importlib.util
import json
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ..errors import wrong
from ..remote import NoAnswerError, Service, found
from ..remote import options as remote
from ..terminal import complain, positive, put, whole
from .bar import bar
from .comparison import Limits
from .conditions import Condition, condition_of, verdicts
from .markdown import markdown
from .of_prometheus import OfPrometheus
from .of_service import OfService
from .ranges import Range, compared_with, date, range_of
from .reading import Progress, Source
from .report import Report, report_of

SUMMARY = "report on a range of time: of a service's history, or of a Prometheus that scrapes it"
FAILED = 1  # the exit status where a condition of --fail-if is met
NO_REPORT = 2  # where there is no report, or one that does not say whether a condition is met
_HINT = "a report as HTML needs plotly: pip install 'mcp_perf[report]'"
_FORMATS = ("markdown", "html", "json")
_SUFFIXES = {".md": "markdown", ".html": "html", ".htm": "html", ".json": "json"}
_PATIENCE = 120.0  # seconds for one query
_MOST = 10**9
_SLICES = 2000
_DURATION = "1h, 90m, 2d"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    remote.arguments(parser)
    add = parser.add_argument
    add(
        "--since",
        default="1h",
        metavar="WHEN",
        help=f"so long before --until ({_DURATION}), or a date (default: 1h)",
    )
    add("--until", default="", metavar="WHEN", help="a duration before now, or a date (default: now)")
    add(
        "--compare-to",
        metavar="WHEN",
        help="'previous', so much earlier (1d), or the date when that range began",
    )
    add(
        "--change",
        type=positive("percent"),
        default=10.0,
        metavar="PERCENT",
        help="from which on slower is slower (default: 10)",
    )
    add(
        "--least",
        type=whole(1, _MOST),
        default=100,
        metavar="N",
        help="events in each range, to tell (default: 100)",
    )
    add(
        "--fail-if",
        action="append",
        default=[],
        metavar="CONDITION",
        help="such as 'p95>0.5' or 'slower>0': exit 1",
    )
    add(
        "--slice",
        type=whole(1, _MOST),
        metavar="S",
        help="seconds that are looked at together (default: a thirtieth)",
    )
    add("--format", choices=_FORMATS, help="(default: that of the name behind --out, or markdown)")
    add("--out", metavar="FILE", help="(default: standard output)")


def run(options: argparse.Namespace) -> int:
    """Make the report; gives the exit status."""
    try:
        report, text = _run(options)
    except (NoAnswerError, ValueError) as error:
        return complain("report", str(error), NO_REPORT)
    except Exception:
        # A fault of ours is no condition that is met, which the interpreter's own status would say.
        traceback.print_exc()
        return NO_REPORT
    if not options.out:
        put(text)
    return _status(report)


def _run(options: argparse.Namespace) -> tuple[Report, str]:
    """The report and its text, which has been written if it has a file."""
    now = time.time()
    asked = range_of(options.since, options.until, now)
    other = compared_with(options.compare_to, asked, now) if options.compare_to else None
    conditions = [condition_of(text) for text in options.fail_if]
    for one in conditions:
        if one.is_of_comparison and other is None:
            raise ValueError(f"--fail-if {one.text!r} needs --compare-to")
    write = _writer(options)
    source = _source(options)
    with bar() as progress:
        report = _report(source, options, asked, other, conditions, progress)
    text = write(report)
    if options.out:
        try:
            Path(options.out).write_text(text, encoding="utf-8", errors="replace")
        except OSError as error:
            raise ValueError(f"--out {options.out!r} cannot be written ({error.strerror})") from None
    return report, text


def _status(report: Report) -> int:
    """A deployment that nobody can judge is neither a good nor a bad one."""
    met, undecided = report.verdicts
    if report.is_judged and report.warnings:
        return complain("report", f"no condition can be told: {report.warnings[0]}", NO_REPORT)
    if met:
        return FAILED
    return complain("report", f"a condition cannot be told: {undecided[0]}", NO_REPORT) if undecided else 0


def _report(
    source: Source,
    options: argparse.Namespace,
    asked: Range,
    other: Range | None,
    conditions: list[Condition],
    progress: Progress,
) -> Report:
    width = _width(source, options.slice, [one for one in (asked, other) if one is not None])
    share = 1.0 if other is None else 0.5
    now = source.reading(asked, width, lambda part: progress(share * part))
    before = (
        source.reading(other, width, lambda part: progress(share + share * part))
        if other is not None
        else None
    )
    for one in (now, before):
        if one is not None and not one.whole.things:
            times = f"{date(one.whole.range.begin)} to {date(one.whole.range.end)}"
            raise NoAnswerError(f"{one.service} has nothing that came from {times}")
    limits = Limits(options.change / 100, options.least)
    report = report_of(now, before, limits)
    found = verdicts(conditions, now, report.comparisons, limits)
    return replace(report, verdicts=found, is_judged=bool(conditions))


def _width(source: Source, said: int | None, ranges: Sequence[Range]) -> int:
    """The seconds of a slice, as said, or else good ones for each of the ranges."""
    widths, seconds = [source.widths(one) for one in ranges], ranges[0].seconds
    least = max(one.least for one in widths)
    width = max(one.good for one in widths) if said is None else said
    if not seconds / _SLICES <= width <= seconds or (said is not None and said < least):
        allowed = f"at most the range, of which it cuts up to {_SLICES} slices, and at least {least} s"
        raise wrong("--slice", width, f"{allowed}, in which there is something to compare")
    return width


def _source(options: argparse.Namespace) -> Source:
    place = found(remote.client_of(options, _PATIENCE))
    if isinstance(place, Service):
        return OfService(place)
    return OfPrometheus(place, remote.expressions_of(options))


def _writer(options: argparse.Namespace) -> Callable[[Report], str]:
    """ValueError where what it takes is not there."""
    suffix = Path(options.out).suffix.lower() if options.out else ""
    chosen = options.format or _SUFFIXES.get(suffix, "markdown")
    if chosen == "json":
        return lambda report: json.dumps(report.as_json(), indent=2, allow_nan=False) + "\n"
    if chosen == "markdown":
        return markdown
    if importlib.util.find_spec("plotly") is None:
        raise ValueError(_HINT)
    from .html import html

    return html
