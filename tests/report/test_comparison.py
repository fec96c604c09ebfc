"""What got slower: found where it is so, and not where it only looks so."""

from __future__ import annotations

import random

import pytest

from mcp_perf.report.comparison import Limits, compared, slower
from mcp_perf.report.conditions import condition_of, verdicts
from mcp_perf.report.ranges import Range
from mcp_perf.report.reading import Figures, Reading, Slice, Thing
from mcp_perf.report.significance import failing_more, shift
from mcp_perf.signals import DATABASE, HTTP

USERS, ORDERS = Thing(HTTP, ("GET", "/users")), Thing(HTTP, ("GET", "/orders"))


def reading(means, events=50.0, errors=0.0, thing=USERS):
    """A range whose slices have these means."""
    slices = [
        Slice(
            Range(10 * place, 10 * place + 10),
            10.0,
            {thing: Figures(events, errors, mean, mean, mean, mean, mean)},
        )
        for place, mean in enumerate(means)
    ]
    number = len(means)
    whole = (
        Figures(events * number, errors * number, sum(means) / number, 0.1, 0.1, 0.2, 0.3) if number else None
    )
    asked = Range(0, 10 * number)
    return Reading(
        "shop",
        Slice(asked, asked.seconds, {thing: whole} if whole else {}, {HTTP: whole or Figures()}),
        slices,
    )


def minutes(chance, factor=1.0, number=30):
    """Means as a busy machine has them: each minute like the last one, now and then one that is odd."""
    found, level = [], 0.0
    for _ in range(number):
        level = 0.5 * level + chance.gauss(0, 0.03)
        odd = 3.0 if chance.random() < 0.05 else 1.0
        found.append(0.1 * factor * odd * 2.718 ** (level + chance.gauss(0, 0.05)))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_slower_by_a_third(seed) -> None:
    """What takes 30 % longer is found, by about so much."""
    chance = random.Random(seed)
    (one,) = compared(reading(minutes(chance)), reading(minutes(chance, 1.3)), Limits())
    assert "slower" == one.verdict
    assert one.shift.low < 1.3 < one.shift.high
    assert 1.3 == pytest.approx(one.shift.ratio, rel=0.1)
    (back,) = compared(reading(minutes(chance, 1.3)), reading(minutes(chance)), Limits())
    assert "faster" == back.verdict


def test_no_false_alarm() -> None:
    """What takes as long as before is not told of, however often that is looked at."""
    chance = random.Random(1)
    found = [compared(reading(minutes(chance)), reading(minutes(chance)), Limits())[0] for _ in range(500)]
    assert [] == slower(found)


def test_change_that_does_not_matter() -> None:
    """What is slower by less than matters is alike, however sure that is."""
    chance = random.Random(1)
    pair = reading(minutes(chance, number=200)), reading(minutes(chance, 1.06, 200))
    assert "alike" == compared(*pair, Limits())[0].verdict
    assert "slower" == compared(*pair, Limits(change=0.02))[0].verdict


@pytest.mark.parametrize(("number", "events"), [(30, 3.0), (5, 500.0), (30, 1.0)])
def test_too_little(number, events) -> None:
    """With few events, or few slices, nobody can tell."""
    before, now = reading([0.1] * number, events), reading([0.5] * number, events)
    assert "too little to tell" == compared(before, now, Limits())[0].verdict


def test_new_and_gone() -> None:
    """What came in one of them only is new, or gone."""
    found = compared(reading([0.1] * 20), reading([0.1] * 20, thing=ORDERS), Limits())
    assert [("/orders", "new"), ("/users", "gone")] == [(one.thing.labels[1], one.verdict) for one in found]


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(0, 2, "more"), (2, 0, "less"), (1, 1, "alike"), (0, 0.01, "alike"), (50, 50, "alike")],
)
def test_failing(before, now, expected) -> None:
    """More failures are told where chance does not explain them."""
    (one,) = compared(reading([0.1] * 20, errors=before), reading([0.1] * 20, errors=now), Limits())
    assert expected == one.failing


def test_worst_first() -> None:
    """What got slower most comes first."""
    chance = random.Random(1)
    one = compared(reading(minutes(chance)), reading(minutes(chance, 2)), Limits())
    other = compared(
        reading(minutes(chance), thing=ORDERS), reading(minutes(chance, 3), thing=ORDERS), Limits()
    )
    assert [ORDERS, USERS] == [found.thing for found in slower([*one, *other])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("p95>0.1", ["p95>0.1: GET /users has 0.2"]),
        ("p95 > 150ms", ["p95 > 150ms: GET /users has 0.2"]),
        ("p95>0.5", []),
        ("http.p99>=0.3", ["http.p99>=0.3: http has 0.3"]),
        ("database.p99>=0.3", []),
        ("error_rate>5%", ["error_rate>5%: GET /users has 0.1"]),
        ("http.events<2000", ["http.events<2000: http has 1000"]),
        ("rate<=5", ["rate<=5: GET /users has 5"]),
        ("slower>0", ["slower>0: GET /users"]),
        ("failing>=1", ["failing>=1: GET /users"]),
        ("slower<1", []),
    ],
)
def test_condition(text, expected) -> None:
    """A condition that is met is told with what meets it."""
    now = reading([0.2] * 20, errors=5.0)
    comparisons = compared(reading([0.1] * 20), now, Limits())
    assert (expected, []) == verdicts([condition_of(text)], now, comparisons, Limits())


def test_condition_of_few() -> None:
    """What has too few events meets no condition."""
    now = reading([9.0] * 3, 1.0)
    assert ([], []) == verdicts([condition_of("p95>0.1")], now, [], Limits())


@pytest.mark.parametrize(
    ("text", "met", "undecided"),
    [
        ("p95>10", ["p95>10: GET /users has more than 10"], []),
        ("p95>=10", ["p95>=10: GET /users has more than 10"], []),
        ("http.p95>5", ["http.p95>5: http has more than 10"], []),
        ("p95>20", [], ["p95>20: GET /users has more than 10"]),
        ("p95<20", [], ["p95<20: GET /users has more than 10"]),
        ("p95<=10", [], []),
        ("p50>10", [], []),
        ("p90>0.1", [], ["p90>0.1: of GET /users nobody knows it"]),
        ("database.p90>0.1", [], []),
    ],
)
def test_condition_beyond_the_buckets(text, met, undecided) -> None:
    """Of a quantile that is beyond all buckets it is told what is certain, and what nobody can tell."""
    figures = Figures(1000, 0, 60.0, 7.0, None, 10.0, 10.0, frozenset({"p95", "p99"}))
    now = Reading("shop", Slice(Range(0, 60), 60.0, {USERS: figures}, {HTTP: figures}), [])
    assert (met, undecided) == verdicts([condition_of(text)], now, [], Limits())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "p95",
        "p95>",
        "p96>1",
        "p95=1",
        "p95>-1",
        "p95>5%",
        "error_rate>1s",
        "x.p95>1",
        "slower>1s",
        "http.slower>0",
        "p95>1e999",
        "p95>0.5 or 1",
    ],
)
def test_wrong_condition(text) -> None:
    """What is no condition is refused, with what is allowed."""
    with pytest.raises(ValueError, match="--fail-if must be one of mean, p50"):
        condition_of(text)


def test_database_in_things() -> None:
    """Operations are compared as routes are."""
    thing = Thing(DATABASE, ("select", "users"))
    (one,) = compared(reading([0.1] * 20, thing=thing), reading([0.2] * 20, thing=thing), Limits())
    assert ("slower", "select users") == (one.verdict, one.thing.name)


def rows(chance, draw, events, number=30):
    """Slices with so many events each, whose durations are drawn."""
    return [Figures(events, 0, sum(draw(chance) for _ in range(events)) / events) for _ in range(number)]


def outliers(chance):
    return 3.0 if chance.random() < 1 / 300 else 0.01


def two_modes(chance):
    return 0.2 if chance.random() < 0.1 else 0.005


@pytest.mark.parametrize("draw", [outliers, two_modes])
@pytest.mark.parametrize("times", [1, 2, 4, 10])
def test_no_false_alarm_where_the_load_changes(draw, times) -> None:
    """However skewed durations are, more traffic alone makes nothing slower, nor less of it."""
    chance, alarms = random.Random(times), 0
    for _ in range(60):
        few, many = rows(chance, draw, 30), rows(chance, draw, 30 * times)
        for found in (shift(few, many), shift(many, few)):
            alarms += found is not None and found.low > 1 and found.ratio > 1.1
    assert alarms <= 1


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.8, 0.9])
def test_no_false_alarm_where_slices_are_alike(correlation) -> None:
    """Slow minutes that come one after the other are no proof that something got slower."""
    chance = random.Random(1)

    def levels():
        found, level = [], chance.gauss(0, 0.1)
        for _ in range(30):
            level = correlation * level + chance.gauss(0, 0.1 * (1 - correlation**2) ** 0.5)
            found.append(Figures(100, 0, 0.1 * 2.718**level))
        return found

    found = [shift(levels(), levels()) for _ in range(300)]
    assert 3 > sum(one is not None and one.low > 1 and one.ratio > 1.1 for one in found)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ((20_000, 4), (100, 1), "alike"),
        ((10_000, 0), (1_000, 1), "alike"),
        ((20_000, 4), (2_000, 9), "more"),
        ((2_000, 40), (20_000, 4), "less"),
        ((20_000, 20_000), (200, 200), "alike"),
        ((2_000_000, 20_000), (2_000_000, 40_000), "more"),
    ],
)
def test_few_failures(before, now, expected) -> None:
    """A failure or two among few requests are no trend."""
    one, other = (
        [Figures(events / 20, errors / 20, 0.1) for _ in range(20)] for events, errors in (before, now)
    )
    assert expected == failing_more(one, other)


def test_failures_that_come_together() -> None:
    """A hundred failures of one moment are one event, not a hundred."""
    calm = [Figures(500, 1, 0.1) for _ in range(20)]
    bad = [Figures(500, 60 if place == 7 else 1, 0.1) for place in range(20)]
    assert "alike" == failing_more(calm, bad)
