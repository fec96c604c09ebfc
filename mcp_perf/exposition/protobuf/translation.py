"""Translation: prometheus_client's metrics as protobuf messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import inf, nan
from typing import Any

from prometheus_client.metrics_core import Metric as ExposedMetric
from prometheus_client.samples import Sample

from . import messages
from .naming import Names

# By the type of a metric: the type of message, its suffix, and those of the samples that go into it.
_MESSAGES = {
    "counter": (messages.COUNTER, "_total", ("_total",)),
    "gauge": (messages.GAUGE, "", ("",)),
    "info": (messages.GAUGE, "_info", ("_info",)),
    "stateset": (messages.GAUGE, "", ("",)),
    "unknown": (messages.UNTYPED, "", ("",)),
    "summary": (messages.SUMMARY, "", ("", "_count", "_sum")),
    "histogram": (messages.HISTOGRAM, "", ("_bucket", "_count", "_sum")),
    "gaugehistogram": (messages.GAUGE_HISTOGRAM, "", ("_bucket", "_gcount", "_gsum")),
}
# What stands beside a metric, as in the text format, and is a gauge by itself.
_BESIDE = ("_created", "_gcount", "_gsum")


def translated(metric: ExposedMetric, names: Names) -> Iterator[tuple[Any, set[str]]]:
    """The families of a metric, and the names under which each is asked for.

    Samples that do not belong into a message of the metric's type are families of their own.
    """
    kind, suffix, own = _MESSAGES[metric.type]
    inside = {metric.name + one for one in own}
    families: dict[str, list[Sample]] = {}
    for sample in metric.samples:
        name = metric.name + suffix if sample.name in inside else sample.name
        families.setdefault(name, []).append(sample)
    for name, samples in families.items():
        is_beside = samples[0].name not in inside
        family = messages.MetricFamily(name=names.metric(name), help=metric.documentation)
        family.type = _type_beside(metric, name) if is_beside else kind
        _WRITERS[family.type](family, samples, names)
        yield family, {name, *(sample.name for sample in samples)}


def _type_beside(metric: ExposedMetric, name: str) -> int:
    return messages.GAUGE if name.removeprefix(metric.name) in _BESIDE else messages.UNTYPED


def _write_numbers(family: Any, samples: Sequence[Sample], names: Names) -> None:
    for sample in samples:
        metric = _added(family, sample, sample.labels, names)
        if family.type == messages.COUNTER:
            metric.counter.value = float(sample.value)
            _set_exemplar(metric.counter, sample, names)
        elif family.type == messages.GAUGE:
            metric.gauge.value = float(sample.value)
        else:
            metric.untyped.value = float(sample.value)


def _write_summaries(family: Any, samples: Sequence[Sample], names: Names) -> None:
    for sample, metric in _grouped(family, samples, "quantile", names):
        summary = metric.summary
        if sample.name.endswith("_count"):
            summary.sample_count = int(sample.value)
        elif sample.name.endswith("_sum"):
            summary.sample_sum = float(sample.value)
        else:
            summary.quantile.add(quantile=float(sample.labels["quantile"]), value=float(sample.value))
    for metric in family.metric:
        if not metric.summary.HasField("sample_sum"):
            metric.summary.sample_sum = nan  # unknown, where 0 would be a number


def _write_histograms(family: Any, samples: Sequence[Sample], names: Names) -> None:
    for sample, metric in _grouped(family, samples, "le", names):
        histogram = metric.histogram
        if sample.name.endswith("count"):
            _set_count(histogram, "sample_count", sample.value)
        elif sample.name.endswith("sum"):
            histogram.sample_sum = float(sample.value)
        else:
            _add_bucket(histogram, sample, names)
    for metric in family.metric:
        if not metric.histogram.HasField("sample_sum"):
            metric.histogram.sample_sum = nan


def _add_bucket(histogram: Any, sample: Sample, names: Names) -> None:
    bound = float(sample.labels["le"])
    if bound == inf:
        _set_count(histogram, "sample_count", sample.value)  # where there is no sample of the count
        if sample.exemplar is None:
            return
    bucket = histogram.bucket.add(upper_bound=bound)
    _set_count(bucket, "cumulative_count", sample.value)
    _set_exemplar(bucket, sample, names)


_WRITERS: dict[int, Callable[[Any, Sequence[Sample], Names], None]] = {
    messages.COUNTER: _write_numbers,
    messages.GAUGE: _write_numbers,
    messages.UNTYPED: _write_numbers,
    messages.SUMMARY: _write_summaries,
    messages.HISTOGRAM: _write_histograms,
    messages.GAUGE_HISTOGRAM: _write_histograms,
}


def _grouped(
    family: Any, samples: Sequence[Sample], label: str, names: Names
) -> Iterator[tuple[Sample, Any]]:
    """Each sample with the message of its series, whose labels are the sample's without `label`."""
    found: dict[frozenset[tuple[str, str]], Any] = {}
    for sample in samples:
        labels = {name: value for name, value in sample.labels.items() if name != label}
        key = frozenset(labels.items())
        metric = found.get(key)
        if metric is None:
            metric = found[key] = _added(family, sample, labels, names)
        yield sample, metric


def _added(family: Any, sample: Sample, labels: dict[str, str], names: Names) -> Any:
    """A new message of a series."""
    metric = family.metric.add()
    for name, value in sorted(labels.items()):
        metric.label.add(name=names.label(name), value=value)
    if sample.timestamp is not None:
        metric.timestamp_ms = int(float(sample.timestamp) * 1000)
    return metric


def _set_count(message: Any, name: str, value: float) -> None:
    number = float(value)
    if number.is_integer():
        setattr(message, name, int(number))
    else:
        setattr(message, f"{name}_float", number)


def _set_exemplar(message: Any, sample: Sample, names: Names) -> None:
    exemplar = sample.exemplar
    if exemplar is None:
        return
    message.exemplar.value = float(exemplar.value)
    for name, value in sorted(exemplar.labels.items()):
        message.exemplar.label.add(name=names.label(name), value=value)
    if exemplar.timestamp is not None:
        message.exemplar.timestamp.FromNanoseconds(int(float(exemplar.timestamp) * 1e9))
