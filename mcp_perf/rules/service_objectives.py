"""What is recorded of objectives, and the alerts on how fast their error budgets are spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..promql import BUDGET, WINDOWS, Expressions, Objectives, Recorded
from ..promql.durations import seconds
from .objectives import Burn, Objective, Specification
from .rule import Alert, Group, Recording
from .subject import Subject

BURN = "ErrorBudgetBurn"

_HOUR, _DAY = 3600, 86400
_STEP = "15s"  # at which hours are read, whatever the interval that Prometheus evaluates rules in
_LONGEST = 2 * _DAY  # of the windows that are read of the rates of the shortest one
# A burn rate may ask for more than all events: 14.4 times the budget of 90 % would never come.
_MOST = 0.9


def groups(subject: Subject, said: Specification) -> Iterator[Group]:
    """The recording rules and the alerts of all objectives; none without any."""
    if not said.objectives:
        return
    windows = said.windows(WINDOWS)
    base, names, name = windows[0], subject.recorded, subject.namespace
    events = [rule for one in said.objectives for rule in _events(subject, one, base)]
    short = [_ratio(names, window, base) for window in windows if seconds(window) < _DAY]
    long = [_ratio(names, window, base) for window in windows if seconds(window) >= _DAY]
    # Not the average: that is of the part of the hour in which there was something, as if it was the whole.
    step = min(base, _STEP, key=seconds)
    hourly = [
        Recording(name_of("1h"), f"sum_over_time({name_of(base)}[1h:{step}]) * {seconds(step)} / {_HOUR}")
        for name_of in (names.failed, names.events)
    ]
    yield Group(f"{name}-objectives", [*events, *short])
    yield Group(f"{name}-objectives-long", [*hourly, _age(names, base), *long], said.interval)
    yield Group(f"{name}-objectives-alerts", [_alert(names, one, base) for one in said.burns])


def _events(subject: Subject, one: Objective, base: str) -> Iterator[Recording]:
    """Of each indicator the rates of all events and of the bad ones, the objective and the least number."""
    names, signal, level = subject.recorded, one.signal, subject.level
    ask = Expressions(subject.namespace, subject.matchers + one.matchers)
    if one.availability is not None:
        events = ask.rate(signal, base, level)
        # Where nothing has failed yet, there are no series of failures.
        failed = f"{ask.failures(signal, base, level)} or 0 * {events}"
        yield from _indicator(names, one, "availability", base, failed, events, one.availability)
    if one.latency is not None:
        slow = ask.slow(one.latency.threshold, signal, base, level)
        events = ask.timed(signal, base, level)
        yield from _indicator(names, one, "latency", base, slow, events, one.latency.share)


def _indicator(
    names: Recorded, one: Objective, sli: str, base: str, bad: str, events: str, percent: float
) -> Iterator[Recording]:
    labels = {"slo": one.name, "sli": sli}
    chosen = f'{names.events(base)}{{slo="{one.name}", sli="{sli}"}}'
    yield Recording(names.failed(base), bad, labels)
    yield Recording(names.events(base), events, labels)
    yield Recording(names.objective, f"0 * {chosen} + {round(percent / 100, 12)}", labels)
    yield Recording(names.least, f"0 * {chosen} + {one.least}", labels)


def _ratio(names: Recorded, window: str, base: str) -> Recording:
    """The share of bad events in a window, of all objectives at once; nothing where there were no events.

    From the rates of the shortest window, or from the hourly ones: reading the events themselves would cost
    as much as there are instances.
    """
    source = base if seconds(window) <= _LONGEST else "1h"
    bad, events = names.failed(source), names.events(source)
    if window != base:
        bad, events = f"sum_over_time({bad}[{window}])", f"sum_over_time({events}[{window}])"
    return Recording(names.errors(window), f"{bad} / ({events} > 0)")


def _age(names: Recorded, base: str) -> Recording:
    """How old the first hour is that was recorded; before that, an hour."""
    first = f"min_over_time(timestamp({names.events('1h')})[{BUDGET}:1h])"
    return Recording(names.age, f"time() - {first} + {_HOUR} or 0 * {names.events(base)} + {_HOUR}")


def _alert(names: Recorded, burn: Burn, base: str) -> Alert:
    of_long, of_short = (
        f"clamp_max({burn.factor:g} * (1 - {names.objective}){covered}, {_MOST})"
        for covered in (Objectives(names).over_covered(burn.long), "")
    )
    enough = f"{counted(names, burn.long, base)} >= {names.least}"
    percent = f"{100 * burn.factor * seconds(burn.long) / seconds(BUDGET):.3g} %"
    return Alert(
        BURN,
        f"{names.errors(burn.long)} > {of_long} and {names.errors(burn.short)} > {of_short} and {enough}",
        burn.severity,
        "",
        f"{{{{ $labels.job }}}}: the error budget of {{{{ $labels.slo }}}} ({{{{ $labels.sli }}}}) is spent "
        f"{burn.factor:g} times as fast as it may be",
        f"{{{{ $value | humanizePercentage }}}} of the events of the last {burn.long} did not meet it, "
        f"and too many of the last {burn.short}: {percent} of the budget of {BUDGET} in {burn.long}.",
        {"long_window": burn.long, "short_window": burn.short},
    )


def counted(names: Recorded, window: str, base: str) -> str:
    """The number of events in a window: rates of windows that stand side by side, times their length."""
    return f"sum_over_time({names.events(base)}[{window}:{base}]) * {seconds(base)}"


def thresholds(objectives: Sequence[Objective]) -> set[float]:
    """The thresholds of the latencies, in seconds."""
    return {one.latency.threshold for one in objectives if one.latency is not None}
