"""``/metrics`` of our own families: always what prometheus_client would write, however it has come about."""

from __future__ import annotations

from array import array
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.utils import floatToGoString

from mcp_perf.exposition import Collector
from mcp_perf.exposition.choosing import choose
from mcp_perf.exposition.text.numerals import numerals
from mcp_perf.exposition.text.renderer import Renderer
from mcp_perf.registry.description import FamilyDescription, Metric
from mcp_perf.registry.distribution import Distribution, Distributions, SparseDistributions
from mcp_perf.registry.exemplar import Exemplar, bounds_of, newest
from mcp_perf.registry.snapshot import FamilyReading, Snapshot
from mcp_perf.storage.grid import grid_of
from mcp_perf.storage.records import FIRST, SUM, UNTIMED, timed_length
from mcp_perf.storage.sparse import held as numbers_of
from mcp_perf.storage.sparse import sparse

ACCEPTED = (
    "",
    "text/plain;version=1.0.0",
    "text/plain;version=1.0.0;escaping=allow-utf-8",
    "text/plain;version=1.0.0;escaping=dots",
    "text/plain;version=1.0.0;escaping=values",
    "application/openmetrics-text",
    "application/openmetrics-text;version=1.0.0",
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
    "application/openmetrics-text;version=1.0.0;escaping=dots",
    "application/openmetrics-text;version=1.0.0;escaping=values",
)

TEXT = st.text(st.one_of(st.sampled_from('"\\\n\0 %s{}=,é€😀'), st.characters(exclude_categories=["Cs"])))
NUMBERS = st.one_of(
    st.floats(),
    st.integers(-(10**17), 10**17).map(float),
    st.sampled_from([0.0, -0.0, 999999.0, 1e6, 1000001.5, 1e15, 1e16, 1e17, inf, -inf, nan, 5e-324]),
)
BUCKETS = st.sampled_from([(0.005, 1.0, 2500000.0), (-1.0, 0.0, 7.5), (1.0,)])
# Before, behind and around `le`, which stands among them by the alphabet.
LABEL_NAMES = st.sampled_from([(), ("method",), ("a", "route"), ("z", "status", "b"), ("a",), ("LE", "le2")])


def distributions(buckets):
    """Timed records as there may be: whole numbers of observations, any sum."""
    grid = grid_of(buckets)

    def record(counts, total, untimed):
        slots = array("d", bytes(8 * timed_length(grid)))
        slots[UNTIMED], slots[SUM] = untimed, total
        for slot, number in counts.items():
            slots[FIRST + slot] = number
        return Distribution(grid, slots.tobytes())

    counts = st.dictionaries(st.integers(0, grid.size - 1), st.integers(0, 2_000_000), max_size=6)
    return st.builds(record, counts, st.floats(), st.integers(0, 2_000_000))


@st.composite
def descriptions(draw, name):
    """A family; some share a metric, and not all of them its documentation."""
    documentation = draw(st.one_of(st.just("What it is."), TEXT))
    names = draw(LABEL_NAMES)
    kind = draw(st.sampled_from(["counter", "gauge", "timed", "histogram"]))
    section, key = "custom", f"{kind}_{name}"
    if kind == "timed":
        metrics = (
            Metric(f"{key}s_total", "counter", documentation, "events"),
            Metric(f"{key}_seconds", "histogram", documentation, "distribution"),
        )
    elif kind == "histogram":
        metrics = (Metric(key, "histogram", documentation, "distribution"),)
    else:
        suffix = "_total" if kind == "counter" else ""
        metrics = (Metric(key + suffix, kind, documentation, "value"),)
    buckets = draw(BUCKETS) if kind in ("timed", "histogram") else None
    return FamilyDescription(section, key, names, metrics, buckets)


def values_of(description):
    """What a series may hold; a counter no negative zero."""
    if description.buckets is not None:
        return distributions(description.buckets)
    return NUMBERS.map(lambda value: value + 0.0) if description.kind == "counter" else NUMBERS


def held(draw, description, values):
    """The values of a reading as it holds them: of timed records all slots, or some."""
    if description.buckets is None:
        return values
    runs = [value.run for value in values]
    kind = draw(st.sampled_from(["dense", "ascending", "descending"]))
    if kind == "dense":
        return Distributions(description.grid, runs)
    step = 1 if kind == "ascending" else -1
    slots = [sparsely(run, step) for run in runs]
    return SparseDistributions(description.grid, slots, list(map(numbers_of, slots)))


def sparsely(run, step):
    """The slots of a run that something was written to, in the order in which that has happened."""
    slots = array("d", run)
    used = [slot for slot in range(FIRST, len(slots)) if slots[slot]]
    return {**sparse(), **{slot: slots[slot] for slot in [*range(FIRST), *used[::step]]}}


EXEMPLARS = st.lists(
    st.builds(
        Exemplar,
        st.dictionaries(
            st.sampled_from(["trace_id", "span_id", "z"]),
            st.text(st.one_of(st.sampled_from('"\\ %s{}=,é€😀'), st.characters(exclude_categories=["C"]))),
            min_size=1,
        ).map(lambda labels: tuple(labels.items())),
        st.floats(allow_nan=False),
        st.floats(0, 2e9),
    ),
    min_size=1,
    max_size=4,
)


@st.composite
def readings(draw, description, before=None):
    """A reading with exemplars of some series, also of one that it does not have, or with none."""
    found = draw(readings_without(description, before))
    if description.kind == "gauge" or draw(st.booleans()):
        return found
    labels = [one for one in (*found.labels, ("gone",) * len(description.labelnames)) if draw(st.booleans())]
    bounds = bounds_of(description)
    exemplars = {one: newest(bounds, draw(EXEMPLARS)) for one in labels}
    if before is not None:  # as they were, or others
        exemplars |= {
            one: some
            for one, some in (before.exemplars or {}).items()
            if one in exemplars and draw(st.booleans())
        }
    return found._replace(exemplars=exemplars)


@st.composite
def readings_without(draw, description, before=None):
    """A reading of a family: another one, or the one `before` with some values changed and series gone."""
    values = values_of(description)
    if before is not None and draw(st.booleans()):
        changed = draw(st.lists(st.booleans(), min_size=len(before.values), max_size=len(before.values)))
        column = [draw(values) if one else old for one, old in zip(changed, before.values, strict=True)]
        return FamilyReading(description, before.labels, held(draw, description, column))
    width = len(description.labelnames)
    rows = st.lists(st.tuples(*[TEXT] * width), max_size=5 if width else 1, unique=True)
    kept = [one for one in before.labels if draw(st.booleans())] if before is not None else []
    labels = tuple(dict.fromkeys([*draw(rows), *kept]))
    return FamilyReading(description, labels, held(draw, description, [draw(values) for _ in labels]))


@st.composite
def histories(draw):
    """Some readings of the same families, one after another."""
    families = draw(
        st.lists(
            st.sampled_from(["one", "two", "name:space"]).flatmap(descriptions),
            max_size=4,
            unique_by=lambda one: (one.key, one.labelnames),
        )
    )
    found, before = [], {}
    for _ in range(draw(st.integers(1, 4))):
        there = [one for one in families if draw(st.integers(0, 9))]
        before = {one: draw(readings(one, before.get(one))) for one in there}
        found.append((tuple(before.values()), draw(st.sampled_from(ACCEPTED))))
    return found


def expected(families, accept, names=()):
    registry = CollectorRegistry()
    registry.register(Collector(lambda: Snapshot(0.0, 0.0, families)))
    return choose_encoder(accept)[0](registry.restricted_registry(names) if names else registry)


def rendered(renderer, families, accept):
    form = choose(accept)
    parts, faults = renderer.render(families, form)
    body = b"".join(parts)
    assert [] == list(faults)
    return body + form.end


@given(histories())
def test_every_rendering_is_what_prometheus_client_writes(history) -> None:
    """Whatever was rendered before and has changed since, the bytes are those of prometheus_client."""
    renderer = Renderer()
    for families, accept in history:
        assert expected(families, accept) == rendered(renderer, families, accept)


@pytest.mark.long
@settings(max_examples=25)
@given(st.data())
def test_renderings_of_many_series(data) -> None:
    """Nor does it matter how many series there are, and which of them change or cannot be written."""
    description = data.draw(descriptions("one").filter(lambda one: len(one.labelnames) == 1))
    values = [data.draw(values_of(description)) for _ in range(2)]
    labels = tuple((str(number),) for number in range(data.draw(st.sampled_from([31, 64, 1000, 1001, 2100]))))
    renderer, step = Renderer(), data.draw(st.integers(1, 70))
    for turn in range(3):
        column = [values[0] if (place + turn) % step else values[1] for place in range(len(labels))]
        exemplars = None
        if description.kind != "gauge":
            own = newest(bounds_of(description), [Exemplar((("n", f"{turn}"),), 0.5, 1.0)])
            exemplars = dict.fromkeys(labels[turn::7], own)
        column = held(data.draw, description, column)
        families = (FamilyReading(description, labels, column, exemplars=exemplars),)
        for accept in ("", "application/openmetrics-text"):
            assert expected(families, accept) == rendered(renderer, families, accept)


@given(histories(), st.data())
def test_restricted_renderings_too(history, data) -> None:
    """With names it is what prometheus_client writes of a registry restricted to them."""
    families, accept = history[0]
    every = sorted({name for one in families for metric in one.description.metrics
                    for name in metric.sample_names()})  # fmt: skip
    names = frozenset(data.draw(st.lists(st.sampled_from([*every, "other"]), min_size=1)))

    assert expected(families, accept, names) == rendered(Renderer(names), families, accept)


@pytest.mark.parametrize("accept", ACCEPTED)
def test_zero_with_a_sign_is_a_change(accept) -> None:
    """A gauge that goes from 0 to -0 and back reads so, although both are equal."""
    description = FamilyDescription("custom", "g", ("a",), (Metric("g", "gauge", "G.", "value"),))
    renderer = Renderer()
    for value in (0.0, -0.0, 0.0):
        families = (FamilyReading(description, (("x",),), [value]),)
        assert expected(families, accept) == rendered(renderer, families, accept)


def family(*rows, kind="gauge", name="g"):
    """A family with one label, from pairs of its value and what the series holds."""
    description = FamilyDescription("custom", name, ("a",), (Metric(name, kind, "G.", "value"),))
    return FamilyReading(description, tuple((label,) for label, _ in rows), [value for _, value in rows])


def timed(distributions, *labels):
    """A histogram with one label, whose values are these, and what its series hold."""
    metrics = (Metric("g", "histogram", "G.", "distribution"),)
    description = FamilyDescription("custom", "g", ("a",), metrics, distributions.grid.classic)
    return FamilyReading(description, tuple((label,) for label in labels), distributions)


ODD = [
    family(("good", 1.0), ("bad \ud800", 2.0), ("better", 3.0)),
    family(("good", 1.0), ("bad", None), ("better", 3.0)),
    family(("good", 1.0), (5, 2.0), ("better", 3.0)),
    family(("good", 1.0), ("bad", "2.0"), ("better", 3.0)),
]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("accept", ACCEPTED)
def test_odd_series_costs_itself_only(odd, accept) -> None:
    """A series that cannot be written is counted at each rendering; all others are there."""
    good = family(("good", 1.0), ("better", 3.0))
    other = family(("x", 1.0), name="other")
    renderer, form = Renderer(), choose(accept)
    for _ in range(3):
        parts, faults = renderer.render([odd, other], form)
        body = b"".join(parts)
        assert expected((good, other), accept) == body + form.end
        assert [("g", 1)] == [(fault.metric, fault.number) for fault in faults]


@pytest.mark.parametrize("is_sparse", [False, True])
def test_odd_distribution_costs_itself_only(is_sparse) -> None:
    """A timed series whose record is cut short is counted at each rendering; all others are there."""
    grid = grid_of((1.0,))
    whole, odd = bytes(8 * timed_length(grid)), b"123"
    values, good = Distributions(grid, [whole, odd]), Distributions(grid, [whole])
    if is_sparse:
        values = SparseDistributions(grid, [sparse(), {}], [numbers_of(sparse()), ()])
    renderer, form = Renderer(), choose("")
    for _ in range(2):
        reading = timed(values, "a", "b")
        parts, faults = renderer.render([reading], form)
        body = b"".join(parts)
        assert expected((timed(good, "a"),), "") == body
        assert [("g", 1)] == [(fault.metric, fault.number) for fault in faults]


def test_odd_series_that_recovers_is_there_again() -> None:
    """A series that could not be written once is there as soon as it can be."""
    renderer, form = Renderer(), choose("")
    renderer.render([family(("a", None))], form)
    parts, faults = renderer.render([family(("a", 1.0))], form)
    body = b"".join(parts)

    assert expected((family(("a", 1.0)),), "") == body
    assert not faults


@pytest.mark.parametrize("name", ["", "odd \ud800"])
def test_odd_metric_costs_itself_only(name) -> None:
    """A metric whose name no format takes is counted; all others are there."""
    other = family(("x", 1.0), name="other")
    parts, faults = Renderer().render([family(("x", 1.0), name=name), other], choose(""))
    body = b"".join(parts)

    assert expected((other,), "") == body
    assert [name] == [fault.metric for fault in faults]


def test_values_and_labels_that_do_not_match_cost_their_family_only() -> None:
    """A family with more labels than values is counted; all others are there."""
    other = family(("x", 1.0), name="other")
    torn = FamilyReading(family().description, (("x",), ("y",)), [1.0])
    parts, faults = Renderer().render([torn, other], choose(""))
    body = b"".join(parts)

    assert expected((other,), "") == body
    assert ["g"] == [fault.metric for fault in faults]


def test_renderings_at_once_do_not_disturb_each_other(monitor) -> None:
    """Threads that render while others count get the whole answer, always with the newest numbers."""
    names = [f"n{number}" for number in range(50)]
    counter = monitor.counter("jobs", "Jobs.", ["name"])

    def work(_):
        for name in names:
            counter.labels(name).inc()
            _, body = monitor.render(names=() if name != "n7" else ["jobs_total"])
            found = [line for line in body.splitlines() if line.startswith(b"jobs_total{")]
            assert len(found) >= names.index(name) + 1
            assert len(found) == len(set(found))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    body = monitor.render()[1].decode()
    for name in names:
        assert f'jobs_total{{name="{name}"}} 4.0\n' in body


def test_series_that_has_left_and_come_back(monitor) -> None:
    """What is kept of a series that was removed is not what a new one of its labels reads."""
    counter = monitor.counter("jobs", "Jobs.", ["name"])
    counter.labels("a").inc(5)
    monitor.render()
    counter.remove("a")
    assert b"jobs_total{" not in monitor.render()[1]
    counter.labels("a").inc()

    assert b'jobs_total{name="a"} 1.0\n' in monitor.render()[1]


@given(st.lists(st.one_of(st.integers(0, 1010).map(float), NUMBERS), max_size=80), st.integers(1, 20))
def test_numbers_among_many_are_written_as_by_themselves(values, times) -> None:
    """That the texts of small counts are ready is seen in no number, however many others there are."""
    assert [floatToGoString(value) for value in values] * times == numerals(values * times)
