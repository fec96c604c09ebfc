"""Distributions: what the timed records of a family read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any, overload

from ..pace import Pace, collected, unpaced
from ..storage.grid import Grid
from ..storage.records import FIRST, HEAD, SUM, UNTIMED, live, occupied, timed_length, together
from ..storage.sparse import Sparse, counted, dense

_RUNS = 64  # that are looked at between two turns of other threads


class Distribution:
    """The reading of one timed record: its `run` of slots as it was, over `grid`."""

    __slots__ = ("grid", "run")

    def __init__(self, grid: Grid, run: bytes) -> None:
        self.grid = grid
        self.run = run

    @property
    def untimed(self) -> float:
        """The number of events that were not observed."""
        return self._slots()[UNTIMED]

    @property
    def sum(self) -> float:
        """The sum of all observations."""
        return self._slots()[SUM]

    @property
    def counts(self) -> list[float]:
        """The number of observations in each slot of `grid`."""
        return list(self._slots()[FIRST:])

    @property
    def count(self) -> float:
        """The number of observations."""
        return sum(self.counts)

    @property
    def events(self) -> float:
        """The number of events, observed or not."""
        return self.untimed + self.count

    @property
    def mean(self) -> float | None:
        """The arithmetic mean, exact; None without observations."""
        count = self.count
        return self.sum / count if count else None

    def quantile(self, q: float) -> float | None:
        """See `Grid.quantile`."""
        return self.grid.quantile(self.counts, q)

    def buckets(self) -> list[tuple[float, float]]:
        """See `Grid.cumulative`."""
        return self.grid.cumulative(self.counts)

    def __add__(self, other: Distribution) -> Distribution:
        """Both together; ValueError where they are over different buckets."""
        if self.grid.classic != other.grid.classic:
            raise ValueError("distributions over different buckets cannot be added")
        return Distribution(self.grid, together((self.run, other.run)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Distribution):
            return NotImplemented
        return (self.grid.classic, self.run) == (other.grid.classic, other.run)

    def __hash__(self) -> int:
        return hash(self.run)

    def __repr__(self) -> str:
        return f"Distribution(events={self.events}, sum={self.sum}, buckets={self.buckets()})"

    def _slots(self) -> memoryview[float]:
        return memoryview(self.run).cast("d")


Value = float | Distribution

# The cumulative counts of the classic buckets, ``+Inf`` last, the sum of all observations, and all events.
Numbers = tuple[list[float], float, float]


class Distributions(Sequence[Distribution]):
    """The values of a timed family, given the runs of its series, over one `grid`.

    Each is made to a `Distribution` when it is asked for, so that a hundred thousand series are one object
    for the garbage collector.
    """

    __slots__ = ("_kept", "_marks", "grid")

    def __init__(self, grid: Grid, runs: Sequence[Any]) -> None:
        self.grid = grid
        self._kept = runs
        self._marks: Sequence[int] | None = None

    def runs(self) -> Iterable[bytes]:
        """The bytes of all slots of each, one by one, since they are long."""
        return map(self._run, range(len(self._kept)))

    def marks(self, pace: Pace = unpaced) -> Sequence[int]:
        """For each what differs from its mark in another reading where it does not read the same."""
        if self._marks is None:
            self._marks = collected(map(hash, self._kept), pace, _RUNS)
        return self._marks

    def numbers(self, place: int) -> Numbers:
        """What a scrape shows of one."""
        run = self._kept[place]
        totals = self.grid.totals(*occupied(run))
        untimed, total, _ = HEAD.unpack_from(run)
        return totals, total, untimed + totals[-1]

    def of(self, rows: Sequence[int]) -> Distributions:
        """These of them, in this order."""
        return Distributions(self.grid, [self._kept[row] for row in rows])

    @overload
    def __getitem__(self, place: int) -> Distribution: ...
    @overload
    def __getitem__(self, place: slice) -> Distributions: ...
    def __getitem__(self, place: int | slice) -> Distribution | Distributions:
        """One of them, or some."""
        if isinstance(place, slice):
            return self.of(range(*place.indices(len(self))))
        return Distribution(self.grid, self._run(place))

    def __len__(self) -> int:
        return len(self._kept)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, Sequence) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _run(self, place: int) -> bytes:
        run: bytes = self._kept[place]
        return run


class SparseDistributions(Distributions):
    """The same of sparse runs, given these and what each held."""

    __slots__ = ("_bucket_of", "_nothing", "_slots")

    def __init__(self, grid: Grid, slots: Sequence[Sparse], held: Sequence[tuple[float, ...]]) -> None:
        super().__init__(grid, held)
        self._slots = slots
        self._bucket_of = (*[0] * FIRST, *grid.bucket_of)
        self._nothing = [0.0] * (len(grid.classic) + 1)

    def numbers(self, place: int) -> Numbers:
        """What a scrape shows of one."""
        held, bucket_of, counts = self._kept[place], self._bucket_of, self._nothing.copy()
        for slot, count in counted(self._slots[place], held):
            counts[bucket_of[slot]] += count
        totals = list(accumulate(counts))
        return totals, held[SUM], held[UNTIMED] + totals[-1]

    def of(self, rows: Sequence[int]) -> Distributions:
        """These of them, in this order."""
        return SparseDistributions(
            self.grid, [self._slots[row] for row in rows], [self._kept[row] for row in rows]
        )

    def _run(self, place: int) -> bytes:
        return live(dense(self._slots[place], self._kept[place], timed_length(self.grid)))
