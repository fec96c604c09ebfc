"""Registry, pages, fold, expiry and fork against a plain model: totals agree whatever happens."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from bisect import bisect_left

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test
from support.readings import FakeClock

from mcp_perf import PerformanceMonitor
from mcp_perf.workers.files import index

pytestmark = pytest.mark.long

RETENTION = 60.0
SHORT_INDEX = 2_000  # bytes, so that it is renewed now and then
BUCKETS = (1, 10, 100)
LABELS = st.sampled_from("abcde")
WHOLE = st.integers(min_value=0, max_value=1000)


class Service(RuleBasedStateMachine):
    """A service of several workers in one process, and what a plain model says of it."""

    def __init__(self):
        super().__init__()
        self.directory = tempfile.mkdtemp()
        self.clock = FakeClock()
        self.workers = []
        self.counted = {}  # by label: what has been counted since the series began
        self.observed = {}
        self.levels = {}  # by label and worker: what the gauge of one that lives reads
        self.exemplars = {}  # by label: the newest of each of the buckets of `sizes`, by its number
        self.touched = {}  # by label: when something happened last
        self.start()

    def teardown(self):
        for worker in list(self.workers):
            self._end(worker)
        shutil.rmtree(self.directory)

    def _of(self, number):
        return self.workers[number % len(self.workers)]

    @rule()
    @precondition(lambda self: len(self.workers) < 5)
    def start(self):
        """A worker begins."""
        monitor = PerformanceMonitor(
            registry=None, worker_dir=self.directory, clock=self.clock.clock, retention=RETENTION
        )
        monitor.jobs = monitor.counter("jobs", "Jobs.", ["kind"])
        monitor.sizes = monitor.histogram("sizes", "Sizes.", ["kind"], buckets=BUCKETS)
        monitor.level = monitor.gauge("level", "Level.", ["kind"])
        self.workers.append(monitor)

    def _end(self, worker):
        """What the system does when a process dies: its locks and descriptors go, its files stay."""
        worker._store.team.forked()
        worker._store.registry.forked()
        self.workers.remove(worker)

    @rule(number=WHOLE)
    @precondition(lambda self: len(self.workers) > 1)
    def kill(self, number):
        """A worker dies."""
        worker = self._of(number)
        self._end(worker)
        self.levels = {key: value for key, value in self.levels.items() if key[1] is not worker}

    @rule(number=WHOLE, label=LABELS, amount=st.integers(min_value=1, max_value=9))
    def count(self, number, label, amount):
        """Something is counted and observed."""
        worker = self._of(number)
        worker.jobs.labels(label).inc(amount)
        worker.sizes.labels(label).observe(amount)
        self.counted[label] = self.counted.get(label, 0) + amount
        self.observed[label] = self.observed.get(label, 0) + 1
        self.touched[label] = self.clock.now

    @rule(number=WHOLE, label=LABELS, amount=st.sampled_from([1, 5, 50, 500]))
    def exemplify(self, number, label, amount):
        """Something is observed that stands for its bucket."""
        self.clock.advance(0.001)  # so that one is the newest
        labels = {"at": repr(self.clock.now)}
        worker = self._of(number)
        worker.jobs.labels(label).inc()
        worker.sizes.labels(label).observe(amount, exemplar=labels)
        self.counted[label] = self.counted.get(label, 0) + 1
        self.observed[label] = self.observed.get(label, 0) + 1
        self.exemplars.setdefault(label, {})[bisect_left(BUCKETS, amount)] = labels
        self.touched[label] = self.clock.now

    @rule(number=WHOLE, label=LABELS, value=st.integers(min_value=0, max_value=9))
    def put(self, number, label, value):
        """A gauge is set."""
        worker = self._of(number)
        worker.level.labels(label).set(value)
        self.levels[label, worker] = (value, self.clock.now)

    @rule(number=WHOLE, label=LABELS)
    def fork(self, number, label):
        """A worker forks; the child counts once and is gone."""
        worker = self._of(number)
        child = os.fork()
        if child == 0:  # pragma: no cover - in the child
            signal.alarm(20)
            try:
                worker.jobs.labels(label).inc()
                worker.sizes.labels(label).observe(1)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        self.counted[label] = self.counted.get(label, 0) + 1
        self.observed[label] = self.observed.get(label, 0) + 1
        self.touched[label] = self.clock.now

    @rule(number=WHOLE, label=LABELS)
    def remove(self, number, label):
        """Series are removed, in all workers at once."""
        worker = self._of(number)
        worker.jobs.remove(label)
        worker.sizes.remove(label)
        self.counted.pop(label, None)
        self.observed.pop(label, None)
        self.exemplars.pop(label, None)

    @rule(seconds=st.sampled_from([1.0, 10.0, 61.0]))
    def wait(self, seconds):
        """Time passes."""
        self.clock.advance(seconds)

    @rule(number=WHOLE)
    def read(self, number):
        """Any worker says of all what the model says, but for what has been idle for the retention."""
        snapshot = self._of(number).snapshot()
        jobs = {one.labels[0]: one.value for one in snapshot.series("jobs_total")}
        sizes = {one.labels[0]: one.value for one in snapshot.series("sizes")}
        for label in [label for label in self.counted if label not in jobs]:
            assert self.clock.now - self.touched[label] >= RETENTION
            del self.counted[label]
        for label in [label for label in self.observed if label not in sizes]:
            assert self.clock.now - self.touched[label] >= RETENTION
            del self.observed[label]
            self.exemplars.pop(label, None)
        assert self.counted == jobs
        assert self.observed == {label: value.count for label, value in sizes.items()}
        found = {one.labels[0]: [dict(kept.labels) for kept in one.exemplars]
                 for one in snapshot.series("sizes") if one.exemplars}  # fmt: skip
        assert {label: [kept[bucket] for bucket in sorted(kept)]
                for label, kept in self.exemplars.items()} == found  # fmt: skip
        self._read_levels({one.labels[0]: one.value for one in snapshot.series("level")})

    def _read_levels(self, found):
        expected = {}
        for (label, _), (value, _) in self.levels.items():
            expected[label] = expected.get(label, 0) + value
        for label in [label for label in expected if label not in found]:
            assert 0 == expected.pop(label)
            last = max(stamp for (one, _), (_, stamp) in self.levels.items() if one == label)
            assert self.clock.now - last >= RETENTION
            self.levels = {key: level for key, level in self.levels.items() if key[0] != label}
        assert expected == found


@pytest.mark.parametrize("length", [index._LONG, SHORT_INDEX])
def test_service(monkeypatch, length) -> None:
    """Whatever happens in whichever order, each worker says what the model says."""
    monkeypatch.setattr(index, "_LONG", length)
    run_state_machine_as_test(
        Service, settings=settings(max_examples=50, stateful_step_count=40, deadline=None)
    )
