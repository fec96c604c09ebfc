"""The next archive, as it is being written."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest
from math import isfinite

from ...registry.description import FamilyDescription
from ...registry.exemplar import Exemplar, Exemplars, bounds_of, newest
from ...registry.labels import OVERFLOW
from .archive import Archive, Labels, RunKey
from .contribution import above, added
from .index import Run
from .selection import Selection
from .sibling import Sibling

# So many resets are remembered, for readers that look seldom.
_RESETS = 1024
# So many exemplars of the dead are kept, the newest: the archive is read whole whenever it was replaced.
_EXEMPLARS = 2000


class Draft:
    """An archive that may be changed; `max_series` is how many series it has of a family, and one more."""

    def __init__(self, archive: Archive, max_series: int) -> None:
        self._max_series = max_series
        self._generation = archive.generation + 1
        self._families = {description: dict(series) for description, series in archive.families.items()}
        # With another text it is the same, or each release would leave a copy of all series.
        self._known = {_but_its_text(description): description for description in self._families}
        self._resets = dict(archive.resets)
        self._forgotten = archive.forgotten
        self._folded = set(archive.folded)
        self._void = set(archive.void)
        self._baselines = dict(archive.baselines)
        self._hidden = dict(archive.hidden)
        self._exemplars = {description: dict(series) for description, series in archive.exemplars.items()}

    def finished(self) -> Archive:
        """The archive that it has become."""
        families = {description: series for description, series in self._families.items() if series}
        resets = list(self._resets.items())
        forgotten = [generation for _, generation in resets[:-_RESETS]]
        return Archive(
            families,
            dict(resets[-_RESETS:]),
            frozenset(self._folded),
            frozenset(self._void),
            self._baselines,
            self._generation,
            max([self._forgotten, *forgotten]),
            {key: until for key, until in self._hidden.items() if key in self._baselines},
            self._newest_exemplars(),
        )

    def fold(self, dead: Sibling, archive: Archive) -> None:
        """Take over what a dead worker has counted, as it contributes to `archive`."""
        for run in dead.counted(archive).values():
            more = dead.contribution(run, archive)
            if more is not None:
                self._add(run.description, run.labels, more, is_dead=True)
        for description, exemplars in dead.exemplars(archive).items():
            self._add_exemplars(description, exemplars)
        self._forget_runs_of(dead.id)
        self._folded.add(dead.id)

    def forget_folded(self, ids: Iterable[str]) -> None:
        """Nothing is left of these workers' files."""
        self._folded.difference_update(ids)

    def settle(self, key: RunKey, run: Run, held: bytes) -> None:
        """Take over what a run of the living has counted, which nobody writes to any more."""
        baseline = self._baselines.pop(key, None)
        more = held if baseline is None else above(run.description, held, baseline)
        if more is not None:
            self._add(run.description, run.labels, more, is_dead=False)
        self._void.add(key)

    def void(self, key: RunKey, run: Run) -> None:
        """Nothing that a run holds counts any more."""
        self._baselines.pop(key, None)
        self._void.add(key)
        self.note_reset(run.description, run.labels)

    def forget_void(self, keys: Iterable[RunKey]) -> None:
        """These runs are given back."""
        self._void.difference_update(keys)

    def measure_from(self, key: RunKey, run: Run, held: bytes) -> None:
        """Only what comes to a run from now on counts, which holds this."""
        self._baselines[key] = held
        self.note_reset(run.description, run.labels)

    def hide(self, key: RunKey, until: float) -> None:
        """Of a run's exemplars only those that are newer are shown from now on."""
        if isfinite(until):
            self._hidden[key] = until

    def note_reset(self, description: FamilyDescription, labels: Labels) -> None:
        """What a series reads from now on is another life's."""
        key = description.series_key(labels)
        self._resets.pop(key, None)
        self._resets[key] = self._generation

    def has_folded(self, worker: str) -> bool:
        """Whether nothing in a worker's files counts any more."""
        return worker in self._folded

    def drop(self, selection: Selection) -> None:
        """Forget what the dead have counted of these series."""
        for description, series in self._families.items():
            if selection.is_of(description):
                for labels in [one for one in series if selection.has(description, one)]:
                    del series[labels]
                    self._exemplars.get(description, {}).pop(labels, None)
                    self.note_reset(description, labels)

    def _add(self, description: FamilyDescription, labels: Labels, run: bytes, *, is_dead: bool) -> None:
        if description.kind == "gauge":
            return  # nothing is in it any more
        description = self._known.setdefault(_but_its_text(description), description)
        series = self._families.setdefault(description, {})
        if labels and labels not in series and len(series) >= self._max_series:
            labels = (OVERFLOW,) * len(labels)
        series[labels] = added(description, series.get(labels), run, is_dead=is_dead)

    def _add_exemplars(self, description: FamilyDescription, exemplars: Exemplars) -> None:
        description = self._known.get(_but_its_text(description), description)
        series = self._families.get(description, {})
        known = self._exemplars.setdefault(description, {})
        for labels, some in exemplars.items():
            if labels in series:  # and not in the overflow
                known[labels] = newest(bounds_of(description), (*known.get(labels, ()), *some))

    def _newest_exemplars(self) -> dict[FamilyDescription, dict[Labels, tuple[Exemplar, ...]]]:
        times = [
            one.timestamp for series in self._exemplars.values() for some in series.values() for one in some
        ]
        since = min(nlargest(_EXEMPLARS, times), default=0.0) if len(times) > _EXEMPLARS else 0.0
        found = {}
        for description, series in self._exemplars.items():
            kept = {
                labels: tuple([one for one in some if one.timestamp >= since])
                for labels, some in series.items()
            }
            found[description] = {labels: some for labels, some in kept.items() if some}
        return {description: series for description, series in found.items() if series}

    def _forget_runs_of(self, worker: str) -> None:
        self._void = {key for key in self._void if key[0] != worker}
        self._baselines = {key: run for key, run in self._baselines.items() if key[0] != worker}


def _but_its_text(description: FamilyDescription) -> object:
    return description.identity, description.labelnames, description.buckets
