"""Files of objectives: what ``--slo`` names, in YAML. ``docs/slo.rst`` says what may stand in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from ..promql.durations import seconds
from ..signals import DATABASE, HTTP, SIGNALS, WORKFLOWS, Signal
from .conditions import TunableAlert
from .documents import CONDITIONS
from .objectives import BURNS, Burn, Latency, Objective, Specification, Tuning
from .place import Place
from .reading import document
from .rule import SEVERITIES, Severity

Bounds = Callable[[Signal], tuple[float, ...]]

_LEAST = 10  # events
_WHICH = ("job", *(label for signal in SIGNALS for label in signal.things))
_OBJECTIVE = ("name", *_WHICH, "availability", "latency", "min_events")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


def read(path: Path, bounds: Bounds) -> Specification:
    """What a file says; `bounds` are those of a signal's buckets. OSError, ValueError."""
    top = Place(str(path), "the file", document(path))
    top.mapping(("objectives", "min_events", "windows", "interval", "alerts"))
    root = Place(str(path), "", top.value)
    least, windows, alerts = root.get("min_events"), root.get("windows"), root.get("alerts")
    interval = root.get("interval")
    many = least.whole() if least else _LEAST
    listed = root.get("objectives")
    objectives = [_objective(one, bounds, many) for one in listed.items()] if listed else []
    _differ(root, [one.name for one in objectives])
    usual = Specification()
    return Specification(
        tuple(objectives),
        tuple(_burn(one) for one in windows.items()) if windows else BURNS,
        interval.duration() if interval else usual.interval,
        _tunings(alerts, bounds) if alerts else {},
    )


def _differ(root: Place, names: list[str]) -> None:
    seen = set[str]()
    for number, name in enumerate(names):
        if name in seen:
            listed = root.must("objectives")
            raise list(listed.items())[number].must("name").wrong("a name that no objective above has")
        seen.add(name)


def _objective(at: Place, bounds: Bounds, many: int) -> Objective:
    at.mapping(_OBJECTIVE)
    name = at.must("name")
    if not isinstance(name.value, str) or not _NAME.fullmatch(name.value):
        raise name.wrong("at most 100 letters, digits and any of _ . -, a letter or digit first")
    chosen = {label: one.texts() for label in _WHICH if (one := at.get(label))}
    signal = _signal(at, chosen)
    availability, latency, least = at.get("availability"), at.get("latency"), at.get("min_events")
    if not availability and not latency:
        raise at.wrong("one with availability, latency or both")
    return Objective(
        name.value,
        signal,
        chosen,
        availability.percent() if availability else None,
        _latency(latency, bounds(signal)) if latency else None,
        least.whole() if least else many,
    )


def _signal(at: Place, chosen: Mapping[str, tuple[str, ...]]) -> Signal:
    """What happens: requests, unless a label is one of operations or of steps."""
    meant = [one for one in (HTTP, DATABASE, WORKFLOWS) if not chosen.keys().isdisjoint(one.things)]
    if len(meant) > 1:
        of = "; ".join(", ".join(signal.things) for signal in SIGNALS)
        raise at.wrong(f"one with labels of one kind only ({of})")
    return meant[0] if meant else HTTP


def _latency(at: Place, bounds: tuple[float, ...]) -> Latency:
    at.mapping(("threshold", "share"))
    threshold, share = at.must("threshold"), at.must("share")
    if threshold.positive() not in bounds:
        raise threshold.wrong(f"one of the buckets' bounds ({', '.join(f'{one:g}' for one in bounds)})")
    return Latency(threshold.positive(), share.percent())


def _burn(at: Place) -> Burn:
    at.mapping(("long", "short", "factor", "severity"))
    long, short = at.must("long"), at.must("short")
    if seconds(short.duration()) >= seconds(long.duration()):
        raise short.wrong(f"shorter than long, which is {long.value}")
    severity = cast(Severity, at.must("severity").one_of(SEVERITIES))
    return Burn(at.must("factor").positive(), long.duration(), short.duration(), severity)


def _tunings(at: Place, bounds: Bounds) -> dict[str, Tuning]:
    at.mapping(CONDITIONS)
    return {name: _tuning(at.must(name), CONDITIONS[name], bounds) for name in at.value}


def _tuning(at: Place, condition: TunableAlert, bounds: Bounds) -> Tuning:
    if at.value is False:  # which YAML also reads of a plain off
        return Tuning(enabled=False)
    keys = ("severity", "for", *(("threshold",) if condition.threshold is not None else ()))
    if not isinstance(at.value, dict):
        raise at.wrong(f"off, or a mapping with some of {', '.join(keys)}")
    at.mapping(keys)
    severity, lasting, threshold = at.get("severity"), at.get("for"), at.get("threshold")
    return Tuning(
        True,
        cast(Severity, severity.one_of(SEVERITIES)) if severity else None,
        lasting.duration() if lasting else None,
        _threshold(threshold, condition, bounds) if threshold else None,
    )


def _threshold(at: Place, condition: TunableAlert, bounds: Bounds) -> float:
    """What would never be exceeded is no threshold."""
    if condition.is_share:
        return at.share()
    found = at.positive()
    if condition.timed and found > (most := max(bounds(condition.timed))):
        raise at.wrong(f"at most {most:g}, the greatest of the buckets' bounds")
    return found
