"""The exposition: what ``/metrics`` answers, our own metrics and the user's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric as ExposedMetric

from ..faults import logger
from ..registry.family import Family
from ..registry.snapshot import Snapshot
from ..timing import Clock
from .collector import Collector, exposed_name
from .formats import Format, choose
from .processes import of_each
from .renderer import Fault, Renderer


class Exposition:
    """Renders what a monitor has measured and what `foreign`, the user's own registry, holds.

    `scrapes` times renderings, `errors` counts what could not be written and collectors that failed.
    """

    def __init__(
        self,
        *,
        snapshot: Callable[[], Snapshot],
        scrapes: Family,
        errors: Family,
        clock: Clock,
        foreign: CollectorRegistry | None,
    ) -> None:
        self.collector = Collector(snapshot)
        self._snapshot = snapshot
        self._scrapes = scrapes
        self._errors = errors
        self._clock = clock.monotonic
        self._foreign = foreign
        # Whoever renders takes it out: another one at the same time, or in the midst of it, begins anew.
        self._kept: deque[Renderer] = deque(maxlen=1)

    def render(self, accept: str, names: frozenset[str]) -> tuple[str, bytes]:
        """The content type and the bytes for an Accept header, with samples of `names` only, if any."""
        started = self._clock()
        form = choose(accept)
        snapshot = self._snapshot()
        body, faults = self._rendered(snapshot, form, names)
        self._report(faults)
        # One by one, so that one that cannot be encoded costs no other.
        parts = [self._encoded(form, metric, names) for metric in self._foreign_metrics(snapshot)]
        body = b"".join((body, *parts, form.end))
        self._scrapes.labels().observe(self._clock() - started)
        return form.content_type, body

    def _rendered(
        self, snapshot: Snapshot, form: Format, names: frozenset[str]
    ) -> tuple[bytes, Sequence[Fault]]:
        if names or not form.is_usual:
            return Renderer(names).render(snapshot.families, form)
        try:
            renderer = self._kept.pop()
        except IndexError:
            renderer = Renderer()
        answer = renderer.render(snapshot.families, form)
        self._kept.append(renderer)
        return answer

    def _report(self, faults: Sequence[Fault]) -> None:
        for fault in faults:
            self._errors.labels().add(float(fault.number))
            logger.error(
                "the metric %r cannot be written; this scrape lacks it or %d series of it",
                *(fault.metric, fault.number),
                exc_info=fault.error,
            )

    def _encoded(self, form: Format, metric: ExposedMetric, names: frozenset[str]) -> bytes:
        try:
            if names:
                metric = _restricted(metric, names)
                if not metric.samples:
                    return b""
            return form.encoded(metric)
        except Exception:
            self._errors.labels().add(1.0)
            logger.exception("the metric %r cannot be written; this scrape lacks it", metric.name)
            return b""

    def _foreign_metrics(self, snapshot: Snapshot) -> Iterator[ExposedMetric]:
        if self._foreign is None:
            return
        ours = {exposed_name(metric) for family in snapshot.families for metric in family.description.metrics}
        try:
            for metric in self._foreign.collect():
                # A registry that `collector` is registered in gives our own metrics a second time.
                if metric.name not in ours:
                    yield of_each(metric, snapshot.workers)
        except Exception:
            self._errors.labels().add(1.0)
            logger.exception("a collector failed; this scrape lacks its metrics and those of later ones")


def _restricted(metric: ExposedMetric, names: frozenset[str]) -> ExposedMetric:
    kept = ExposedMetric(metric.name, metric.documentation, metric.type)
    kept.samples = [sample for sample in metric.samples if sample.name in names]
    return kept
