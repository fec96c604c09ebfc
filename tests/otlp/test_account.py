"""Accounts: nothing is left out and nothing is told twice, whatever happens to who tells or is told."""

from __future__ import annotations

import gc

import pytest
from support.otlp import Pushed, Receiver, came_to, overlapping, summed
from support.readings import value

from mcp_perf import PerformanceMonitor, monitor_db_operation

START = 1_000_000.0


@pytest.fixture
def delta(pushed):
    """A `Pushed` that tells what has come, and a counter in it."""
    one = pushed(temporality="delta")
    one.jobs = one.monitor.counter("jobs", "Jobs.", ["queue"])
    return one


def numbers(one, metric="jobs_total"):
    return [point.number for point in one.receiver.points(metric)]


def test_cumulative_starts_with_the_service(pushed) -> None:
    """What was there at the first push began with the service, what came later at the push before it."""
    one = pushed()
    jobs = one.monitor.counter("jobs", "Jobs.", ["queue"])
    jobs.labels("mail").inc()
    one.push()
    jobs.labels("late").inc()
    one.push()
    one.push()
    found = {dict(point.attributes)["queue"]: point.span for point in one.receiver.points("jobs_total")[-2:]}

    assert {
        "mail": (START * 1e9, (START + 180) * 1e9),
        "late": ((START + 60) * 1e9, (START + 180) * 1e9),
    } == found


def test_a_series_that_comes_again_has_a_new_start(pushed) -> None:
    """A series that was removed and is there again counts from nothing, and its start says so."""
    one = pushed()
    jobs = one.monitor.counter("jobs", "Jobs.", ["queue"])
    jobs.labels("mail").inc(5)
    one.push()
    jobs.remove("mail")
    jobs.labels("mail").inc(2)
    one.push()
    jobs.labels("mail").inc()
    one.push()

    assert [(5, START), (2, START + 60), (3, START + 60)] == [
        (point.number, point.span[0] / 1e9) for point in one.receiver.points("jobs_total")
    ]


def test_a_series_that_was_away_for_a_while_has_a_new_start(pushed) -> None:
    """So does one that has left with the retention, however much it has by then."""
    one = pushed({"retention": 100}, interval=30, timeout=30)
    jobs = one.monitor.counter("jobs", "Jobs.", ["queue"])
    jobs.labels("mail").inc(5)
    for _ in range(5):
        one.push()
    before = len(one.receiver.points("jobs_total"))
    jobs.labels("mail").inc(50)
    one.push()

    assert before < 5, "it has left"
    assert (50, START + 300) == (numbers(one)[-1], one.receiver.last("jobs_total").span[0] / 1e9)


@pytest.mark.parametrize(("temporality", "told"), [("cumulative", came_to), ("delta", summed)])
def test_a_series_is_told_before_it_leaves(temporality, told, pushed) -> None:
    """What leaves after a retention that is shorter than the interval stays until it has been told."""
    one = pushed({"retention": 5}, interval=60, timeout=10, temporality=temporality)
    jobs = one.monitor.counter("jobs", "Jobs.", ["queue"])
    jobs.labels("mail").inc(5)
    scrapes = [scraped(one, 10) for _ in range(6)]
    one.push(0)
    scrapes += [scraped(one, 10) for _ in range(9)]

    assert {(("queue", "mail"),): 5.0} == told(one.receiver.points(), "jobs_total")
    # Two intervals and the timeout after the first scrape.
    assert [5.0] * 13 + [None] * 2 == scrapes


def scraped(one, seconds):
    """What there is of a queue after so many seconds, for somebody who scrapes."""
    one.clock.advance(seconds)
    return value(one.monitor, "jobs_total", queue="mail")


def test_cumulative_goes_on_after_an_outage(pushed) -> None:
    """A receiver that was away is told what all has come to; starts stay as they are."""
    one = pushed()
    jobs = one.monitor.counter("jobs", "Jobs.")
    for is_away in (False, True, True, False):
        one.receiver.is_away = is_away
        jobs.inc()
        assert is_away is not one.push()

    assert [1, 4] == numbers(one)
    assert {(): 4.0} == came_to(one.receiver.points(), "jobs_total")


def test_clock_that_is_set_back(pushed) -> None:
    """Where the clock is set back time stands still, so that no point ends before it begins."""
    one = pushed(temporality="delta")
    jobs = one.monitor.counter("jobs", "Jobs.")
    for step in (60, -3600, 60):
        jobs.inc()
        one.clock.set(step)
        assert one.export.flush()

    spans = [point.span for point in one.receiver.points("jobs_total")]
    assert [1, 1, 1] == numbers(one)
    assert all(start < end for start, end in spans)
    assert spans == sorted(spans)
    assert [] == overlapping(one.receiver.points())


def test_delta_tells_what_has_come(delta) -> None:
    """A delta is what has come since the last one, and its time follows on that; of nothing there is none."""
    delta.jobs.labels("mail").inc(5)
    delta.push()
    delta.jobs.labels("mail").inc(2)
    delta.push()
    delta.push()

    assert [5, 2] == numbers(delta)
    assert [(START, START + 60), (START + 60, START + 120)] == delta.receiver.spans("jobs_total")


def test_delta_of_a_histogram(pushed) -> None:
    """Buckets, count and sum of a delta are those of what has come, of both kinds of histograms."""
    for histograms in ("explicit_bucket_histogram", "base2_exponential_bucket_histogram"):
        one = pushed(temporality="delta", histograms=histograms)
        for seconds in (0.5, 2.0, 2.0):
            with monitor_db_operation("select", "users", monitor=one.monitor):
                one.clock.advance(seconds)
            one.push()
        found = [point.body for point in one.receiver.points("mcp_db_operation_duration_seconds")]
        assert [(1, 0.5), (1, 2.0), (1, 2.0)] == [(body.count, body.sum) for body in found]
        buckets = [body.positive if histograms[0] == "b" else body for body in found]
        assert [1, 1, 1] == [sum(one.bucket_counts) for one in buckets]


def test_delta_after_an_outage(delta) -> None:
    """What was not taken is sent again as it was, and then what has come since: with each time once."""
    delta.jobs.labels("mail").inc(1)
    delta.receiver.is_away = True
    for _ in range(3):
        assert not delta.push()
        delta.jobs.labels("mail").inc(10)
    delta.receiver.is_away = False
    assert delta.push()

    assert [1, 30] == numbers(delta)
    assert [(START, START + 60), (START + 60, START + 240)] == delta.receiver.spans("jobs_total")


def test_receiver_that_has_it_but_did_not_say_so(delta) -> None:
    """What a receiver took and could not acknowledge comes again with the same times, so it can tell."""
    delta.jobs.labels("mail").inc(7)
    delta.receiver.is_deaf = True
    assert not delta.push()
    delta.jobs.labels("mail").inc(1)
    delta.receiver.is_deaf = False
    assert delta.push()

    assert [7, 7, 1] == numbers(delta)
    assert {(("queue", "mail"),): 8.0} == summed(delta.receiver.points(), "jobs_total")
    assert [] == overlapping(delta.receiver.points())


def test_messages_that_were_taken_are_not_sent_again(pushed) -> None:
    """Of several messages those that were taken are not sent again after one that was not."""
    one = pushed({"max_series": 5000}, temporality="delta")
    jobs = one.monitor.counter("jobs", "Jobs.", ["number"])
    for number in range(4500):
        jobs.labels(number).inc()
    export, one.receiver.is_away = one.receiver.export, False

    def second_fails(data, **more):
        one.receiver.is_away = one.receiver.attempts == 1
        return export(data, **more)

    one.receiver.export = second_fails
    assert not one.push()
    assert one.push()
    assert 4500 == len(one.receiver.points("jobs_total"))


@pytest.mark.parametrize("fault", ["is_away", "is_broken"])
def test_what_is_refused_for_long_comes_with_all_that_follows(fault, delta) -> None:
    """A batch that nobody takes, however often, becomes a part of a newer one: its time may be too old."""
    delta.jobs.labels("mail").inc(5)
    setattr(delta.receiver, fault, True)
    for _ in range(10):
        delta.push()
    delta.jobs.labels("mail").inc(1)
    setattr(delta.receiver, fault, False)
    assert delta.push()

    assert [6] == numbers(delta)
    assert [(START, START + 660)] == delta.receiver.spans("jobs_total")


def test_delta_of_a_series_that_comes_again(delta) -> None:
    """All that a series has counted since it was removed is a delta, where it reads less than before."""
    delta.jobs.labels("mail").inc(5)
    delta.push()
    delta.jobs.remove("mail")
    delta.jobs.labels("mail").inc(3)
    delta.push()

    assert [5, 3] == numbers(delta)


class Crew:
    """Several workers of one service in one process, each with a receiver of its own."""

    def __init__(self, clock, directory, size=3, **options):
        self.workers = [Pushed(clock, {"worker_dir": directory}, **options) for _ in range(size)]
        self.jobs = [one.monitor.counter("jobs", "Jobs.") for one in self.workers]
        self.receivers = [one.receiver for one in self.workers]

    def push(self):
        """Have each of them push, if it is the one that does."""
        return [one.push(0) for one in self.workers]

    def points(self):
        return [point for receiver in self.receivers for point in receiver.points()]

    def die(self):
        """The first of them is gone, and has not said so."""
        self.jobs.pop(0)
        self.workers.pop(0)
        gc.collect()


@pytest.mark.parametrize("temporality", ["cumulative", "delta"])
def test_one_of_several_pushes(temporality, clock, tmp_path) -> None:
    """Of several workers one pushes what all have measured, and another goes on when it is gone."""
    crew = Crew(clock, tmp_path / "workers", temporality=temporality)
    for _ in range(3):
        for number, jobs in enumerate(crew.jobs, 1):
            jobs.inc(number)
        clock.advance(60)
        assert [True, *[False] * (len(crew.workers) - 1)] == crew.push()
        crew.die()

    # 1 + 2 + 3, then 1 + 2 of those that are left, then 1.
    told = came_to if temporality == "cumulative" else summed
    assert {(): 10.0} == told(crew.points(), "jobs_total")
    assert 1 == len({point.instance for point in crew.points()}), "they are one instance of the service"
    assert [] == overlapping(crew.points())
    assert [] == crew.receivers[1].points() or crew.receivers[0].points()


def test_leader_that_dies_with_a_batch_on_its_way(clock, tmp_path) -> None:
    """Whoever goes on sends the batch of which nobody knows whether it has come as it was, and goes on."""
    crew = Crew(clock, tmp_path / "workers", size=2, temporality="delta")
    crew.jobs[0].inc(5)
    crew.receivers[0].is_deaf = True
    clock.advance(60)
    assert [False, False] == crew.push()
    crew.jobs[1].inc(2)
    crew.die()
    clock.advance(60)
    assert [True] == crew.push()

    assert {(): 7.0} == summed(crew.points(), "jobs_total")
    assert [] == overlapping(crew.points())
    assert [5, 5, 2] == [point.number for point in crew.points() if point.metric == "jobs_total"]


def test_starts_survive_who_tells(clock, tmp_path) -> None:
    """Starts of series stay as they are when another worker goes on."""
    crew = Crew(clock, tmp_path / "workers", size=2)
    clock.advance(60)
    crew.push()
    for jobs in crew.jobs:
        jobs.inc()
    late = crew.workers[1].monitor.counter("late", "Late.")
    late.inc()
    clock.advance(60)
    crew.push()
    crew.die()
    clock.advance(60)
    late.inc()
    crew.push()

    assert {(): 2.0} == came_to(crew.points(), "late_total")
    assert {(): 2.0} == came_to(crew.points(), "jobs_total")


def test_book_that_was_cut_off(clock, tmp_path) -> None:
    """A book whose writer died in the midst does not count; the one before does."""
    crew = Crew(clock, tmp_path / "workers", size=2, temporality="delta")
    crew.jobs[0].inc(5)
    clock.advance(60)
    crew.push()
    (book,) = (tmp_path / "workers").glob("*/otlp-*/account-*")
    book.with_name("account-1-9999999999999").write_bytes(book.read_bytes()[:-3])
    crew.jobs[1].inc(2)
    crew.die()
    clock.advance(60)
    crew.push()

    assert [5, 2] == [point.number for point in crew.points() if point.metric == "jobs_total"]


def test_two_exports_of_one_monitor(clock, tmp_path) -> None:
    """Two exports know nothing of each other, even if they were asked for the same."""
    monitor = PerformanceMonitor(registry=None, clock=clock.clock, worker_dir=tmp_path / "workers")
    one, other = Receiver(), Receiver()
    exports = [
        monitor.export_otlp(exporter=one, temporality="delta"),
        monitor.export_otlp(exporter=other, temporality="delta"),
    ]
    for _ in range(2):
        monitor.counter("jobs", "Jobs.").inc()
        clock.advance(60)
        assert [True, True] == [export.flush() for export in exports]

    assert [1, 1] == [point.number for point in one.points("jobs_total")]
    assert [1, 1] == [point.number for point in other.points("jobs_total")]


@pytest.mark.parametrize(("temporality", "told"), [("cumulative", came_to), ("delta", summed)])
def test_export_after_a_shutdown(temporality, told, clock) -> None:
    """Who exports anew what was exported before goes on from what was told, as the same instance."""
    monitor, receiver = PerformanceMonitor(registry=None, clock=clock.clock), Receiver()
    jobs = monitor.counter("jobs", "Jobs.")
    for _ in range(3):
        export = monitor.export_otlp(exporter=receiver, temporality=temporality)
        jobs.inc(10)
        clock.advance(60)
        export.shutdown()

    assert {(): 30.0} == told(receiver.points(), "jobs_total")
    assert 1 == len({point.instance for point in receiver.points()})


def test_export_after_the_shutdown_of_one_of_two(clock) -> None:
    """Of two that were asked for the same, who comes after one has ended goes on from what that one told."""
    monitor, receivers = PerformanceMonitor(registry=None, clock=clock.clock), [Receiver(), Receiver()]
    jobs = monitor.counter("jobs", "Jobs.")
    first, second = [monitor.export_otlp(exporter=one, temporality="delta") for one in receivers]
    jobs.inc(1)
    clock.advance(60)
    assert [True, True] == [first.flush(), second.flush()]
    first.shutdown()
    jobs.inc(2)
    clock.advance(60)
    assert monitor.export_otlp(exporter=receivers[0], temporality="delta").flush()
    assert second.flush()

    assert [{(): 3.0}] * 2 == [summed(one.points(), "jobs_total") for one in receivers]


def test_nothing_is_pushed_after_a_shutdown(delta) -> None:
    """An export that was shut down pushes nothing any more, whoever asks for it."""
    delta.jobs.labels("mail").inc()
    delta.export.shutdown()
    delta.jobs.labels("mail").inc()

    assert not delta.push()
    delta.monitor.flush()
    assert [1] == numbers(delta)
