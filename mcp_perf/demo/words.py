"""What the terminal says of a summary."""

from __future__ import annotations

from typing import Any

Summary = dict[str, Any]

WIDE = 110
_SLOWEST = 3


def live_line(summary: Summary, rate: float, width: int) -> str:
    """What is happening, in at most `width` characters; what is least important goes first."""
    http = summary["http"]
    latency = http["latency_seconds"]
    active = sum(summary["workflows"]["active"].values())
    operations = _total(summary["database"]["operations"], "count")
    wide = width >= WIDE
    parts = [
        clock(summary["uptime_seconds"]),
        f"{http['requests']:,} {'requests' if wide else 'req'}",
        f"{rate:4.1f}/s",
        f"{percent(http['error_rate'])} {'errors' if wide else 'err'}",
        f"p50 {duration(latency['p50'])}",
        f"p95 {duration(latency['p95'])}",
        f"{numbered(active, 'workflow')} active" if wide else f"{active} active",
        f"{operations:,} {'database operations' if wide else 'db'}",
    ]
    while len(parts) > 1 and len("  ".join(parts)) > width:
        parts.pop()
    return "  ".join(parts)[:width]


def closing(summary: Summary) -> list[str]:
    """The totals and the slowest routes, in lines."""
    http = summary["http"]
    operations, steps = summary["database"]["operations"], summary["workflows"]["steps"]
    counted = [
        ("request", http["requests"], http["errors"]),
        ("database operation", _total(operations, "count"), _total(operations, "errors")),
        ("workflow step", _total(steps, "count"), _total(steps, "errors")),
    ]
    slowest = sorted(http["routes"], key=lambda route: route["latency_seconds"]["p95"] or 0.0)
    return [
        f"The shop was open for {clock(summary['uptime_seconds'])}.",
        *(f"  {numbered(count, what)}, {numbered(errors, 'error')}" for what, count, errors in counted),
        *(["The slowest routes:"] if slowest else []),
        *(_route(route) for route in slowest[: -_SLOWEST - 1 : -1]),
    ]


def clock(seconds: float) -> str:
    """Minutes and seconds, with hours where there are any."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def span(seconds: float) -> str:
    """A time that somebody has set."""
    return f"{seconds:g} s" if seconds < 120 else clock(seconds)


def duration(seconds: float | None) -> str:
    """A short time to two or three digits."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.1f} s"
    milliseconds = seconds * 1000
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"


def numbered(count: int, what: str) -> str:
    """So many of something."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def percent(share: float | None) -> str:
    """A share of the whole."""
    return "-" if share is None else f"{share:.1%}"


def _total(entries: list[Summary], key: str) -> int:
    return sum(int(entry[key]) for entry in entries)


def _route(route: Summary) -> str:
    latency = route["latency_seconds"]
    name = f"{route['method']} {route['route']}"
    return (
        f"  {name:32} {numbered(route['requests'], 'request'):>16}"
        f"   p50 {duration(latency['p50']):>7}   p95 {duration(latency['p95']):>7}"
    )
