"""What came by OTLP, read as a receiver reads it: from the messages of the official protobuf service."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise

from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics
from opentelemetry.sdk.metrics.export import MetricExportResult

from mcp_perf import PerformanceMonitor

DELTA, CUMULATIVE = 1, 2
_KINDS = ("sum", "gauge", "histogram", "exponential_histogram")


@dataclass(frozen=True)
class Point:
    """One data point: `body` is the message of it, `of` that of its metric's data."""

    resource: tuple
    metric: str
    unit: str
    kind: str
    attributes: tuple
    body: object = field(compare=False)
    of: object = field(compare=False)

    @property
    def series(self):
        return self.resource, self.metric, self.attributes

    @property
    def instance(self):
        return dict(self.resource)["service.instance.id"]

    @property
    def span(self):
        return self.body.start_time_unix_nano, self.body.time_unix_nano

    @property
    def number(self):
        if self.kind in ("histogram", "exponential_histogram"):
            return self.body.count
        return getattr(self.body, self.body.WhichOneof("value"))

    @property
    def is_delta(self):
        return self.kind != "gauge" and self.of.aggregation_temporality == DELTA


def _value(value):
    return getattr(value, value.WhichOneof("value"))


def _pairs(attributes):
    return tuple(sorted((one.key, _value(one.value)) for one in attributes))


def points(request):
    """The points of one request, in their order."""
    found = []
    for resource in request.resource_metrics:
        about = _pairs(resource.resource.attributes)
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                assert kind in _KINDS, metric
                data = getattr(metric, kind)
                found += [
                    Point(about, metric.name, metric.unit, kind, _pairs(one.attributes), one, data)
                    for one in data.data_points
                ]
    return found


class Receiver:
    """An exporter that gives what it is told to a reader at once.

    It takes nothing while `is_away`; what it gets while `is_deaf` it has, but does not say so; it raises
    while it `is_broken`, and of what has exemplars while it `is_choosy`.
    """

    def __init__(self):
        self.requests = []
        self.is_away = self.is_deaf = self.is_broken = self.is_choosy = False
        self.attempts = 0
        self.is_shut = False

    def export(self, data, timeout_millis=10_000, **_):
        self.attempts += 1
        if self.is_broken or (self.is_choosy and "exemplars=[Exemplar(" in str(data)):
            raise RuntimeError
        if self.is_away:
            return MetricExportResult.FAILURE
        self.requests.append(encode_metrics(data))
        return MetricExportResult.FAILURE if self.is_deaf else MetricExportResult.SUCCESS

    def shutdown(self, **_):
        self.is_shut = True

    def points(self, metric=None):
        """All points so far, of one metric."""
        return [one for request in self.requests for one in points(request) if metric in (None, one.metric)]

    def last(self, metric, **attributes):
        """The last point of a metric with these attributes."""
        return self._of(metric, attributes)[-1]

    def spans(self, metric):
        """The times of the points of a metric, in seconds, in their order."""
        return [tuple(time / 1e9 for time in one.span) for one in self.points(metric)]

    def _of(self, metric, attributes):
        return [one for one in self.points(metric) if attributes.items() <= dict(one.attributes).items()]


class Pushed:
    """A monitor on a fake clock, its receiver, and the export between them, which pushes when told to."""

    def __init__(self, clock, settings, interval=3600, **options):
        self.clock = clock
        self.receiver = Receiver()
        self.monitor = PerformanceMonitor(registry=None, clock=clock.clock, **settings)
        self.export = self.monitor.export_otlp(exporter=self.receiver, interval=interval, **options)

    def push(self, seconds=60):
        """Push after so many seconds; whether it was taken."""
        self.clock.advance(seconds)
        return self.export.flush()


def summed(found, metric):
    """What has come in all by deltas, by attributes; a point is known by its series and its times."""
    told = {(one.series, one.span): one for one in found if one.metric == metric}
    totals = defaultdict(float)
    for one in told.values():
        assert one.is_delta
        totals[one.attributes] += one.number
    return dict(totals)


def overlapping(found):
    """Pairs of times of one series of deltas that have something in common, but are not the same."""
    spans = defaultdict(set)
    for one in found:
        if one.is_delta:
            spans[one.series].add(one.span)
    pairs = []
    for of in spans.values():
        ordered = sorted(of)
        pairs += [(a, b) for a, b in pairwise(ordered) if b[0] < a[1]]
    return pairs


def came_to(found, metric):
    """What has been come to, by attributes; of every series the start is the same, and nothing goes back."""
    latest = {}
    for one in found:
        if one.metric != metric:
            continue
        assert not one.is_delta
        before = latest.get(one.series)
        if before is not None:
            assert before.span[0] == one.span[0], "a start that moves tells of a reset"
            assert before.number <= one.number
            assert before.span[1] <= one.span[1]
        latest[one.series] = one
    totals = defaultdict(float)
    for one in latest.values():
        totals[one.attributes] += one.number
    return dict(totals)
