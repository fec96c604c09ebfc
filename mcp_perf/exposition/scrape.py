"""The exposition: what ``/metrics`` answers, our own metrics and the user's."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as ExposedMetric

from ..faults import logger
from ..pace import Pace, unpaced
from ..registry.family import Family
from ..registry.snapshot import Snapshot
from ..storage.forks import expect
from ..timing import Clock
from .choosing import choose, finish_imports
from .collector import Collector
from .foreign import Foreign, with_valid_text
from .format import Format, Rendering
from .processes import of_each


class Exposition:
    """Renders what a monitor has measured and what `foreign`, the user's own registry, holds.

    `scrapes` counts renderings and `durations` adds up their seconds; `errors` counts what could not be
    written and collectors that failed.
    """

    def __init__(
        self,
        *,
        snapshot: Callable[[Pace], Snapshot],
        scrapes: Family,
        durations: Family,
        errors: Family,
        clock: Clock,
        foreign: CollectorRegistry | None,
    ) -> None:
        self.collector = Collector(lambda: snapshot(unpaced))
        self._snapshot = snapshot
        self._scrapes = scrapes
        self._durations = durations
        self._errors = errors
        self._told: set[tuple[str, type[BaseException]]] = set()
        self._clock = clock.monotonic
        self._foreign = Foreign(foreign, self.collector, self._failed) if foreign is not None else None
        expect(self)
        # Whoever renders takes it out: another one at the same time, or in the midst of it, begins anew.
        self._kept: defaultdict[type, deque[Rendering]] = defaultdict(lambda: deque(maxlen=1))

    def forking(self) -> None:
        """There will be a child."""
        finish_imports()

    def render(self, accept: str, names: frozenset[str], pace: Pace = unpaced) -> tuple[str, Sequence[bytes]]:
        """The content type and the parts for an Accept header, with samples of `names` only, if any."""
        started = self._clock()
        form = choose(accept)
        snapshot = self._snapshot(pace)
        parts = self._rendered(snapshot, form, names, pace)
        # One by one, so that one that cannot be encoded costs no other.
        for metric in self._foreign_metrics(snapshot, pace):
            parts.append(self._encoded(form, metric, names))
        parts.append(form.end)
        self._scrapes.labels().add(1.0)
        self._durations.labels().add(max(self._clock() - started, 0.0))
        return form.content_type, parts

    def _rendered(self, snapshot: Snapshot, form: Format, names: frozenset[str], pace: Pace) -> list[bytes]:
        if names or not form.is_usual:
            parts, faults = form.rendering(names).render(snapshot.families, form, pace)
        else:
            kept = self._kept[type(form)]
            try:
                renderer = kept.pop()
            except IndexError:
                renderer = form.rendering(names)
            parts, faults = renderer.render(snapshot.families, form, pace)
            kept.append(renderer)
        for fault in faults:
            self._failed(fault.metric, fault.error, fault.number)
        return parts

    def _failed(self, name: str, error: BaseException, number: int = 1) -> None:
        """Count what costs this scrape a metric, or `number` series of it; the first is logged."""
        self._errors.labels(name).add(float(number))
        if (name, type(error)) not in self._told:
            self._told.add((name, type(error)))
            logger.error("scrapes lack the metrics of %r, or series of them", name, exc_info=error)

    def _encoded(self, form: Format, metric: ExposedMetric, names: frozenset[str]) -> bytes:
        try:
            try:
                return form.written(metric, names)
            except (UnicodeEncodeError, AttributeError, TypeError):  # a surrogate, or no text at all
                return form.written(with_valid_text(metric), names)
        except Exception as error:
            self._failed(metric.name, error)
            return b""

    def _foreign_metrics(self, snapshot: Snapshot, pace: Pace) -> Iterator[ExposedMetric]:
        if self._foreign is None:
            return
        ours = {metric.family_name for family in snapshot.families for metric in family.description.metrics}
        for metric in self._foreign.collect(pace, ours):
            try:
                metric = of_each(metric, snapshot.workers)
            except Exception as error:
                self._failed(metric.name, error)
            yield metric
