"""What a monitor has measured, read from the protobuf format of ``/metrics``."""

from collections import Counter

ACCEPT = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
TYPES = ("counter", "gauge", "summary", "untyped", "histogram", "gaugehistogram")


def families(body):
    """The messages in a body by name."""
    from mcp_perf.exposition.protobuf.messages import MetricFamily

    found = {}
    while body:
        length, start = _varint(body)
        family = MetricFamily.FromString(body[start : start + length])
        assert len(body) >= start + length
        assert family.metric, f"{family.name} has no series"
        assert family.name not in found, f"{family.name} is there twice"
        found[family.name] = family
        body = body[start + length :]
    return found


def read(monitor, *names):
    """The messages of a monitor by name."""
    content_type, body = monitor.render(ACCEPT, names)
    assert content_type.startswith("application/vnd.google.protobuf")
    return families(body)


def kinds(found):
    """The type of each family."""
    return {name: TYPES[family.type] for name, family in found.items()}


def samples(found):
    """The samples that Prometheus makes of families, but for native histograms, as in `support.readings`."""
    samples = {}
    for family in found.values():
        for metric in family.metric:
            labels = {pair.name: pair.value for pair in metric.label}
            for name, more, value in _samples(family, metric):
                key = family.name + name, frozenset({**labels, **more}.items())
                assert key not in samples, f"{key} is there twice"
                samples[key] = value
    return samples


def _samples(family, metric):
    kind = TYPES[family.type]
    if kind == "summary":
        yield "_count", {}, metric.summary.sample_count
        yield "_sum", {}, metric.summary.sample_sum
        for one in metric.summary.quantile:
            yield "", {"quantile": str(one.quantile)}, one.value
    elif kind.endswith("histogram"):
        histogram = metric.histogram
        count = histogram.sample_count_float or histogram.sample_count
        yield "_count", {}, count
        yield "_sum", {}, histogram.sample_sum
        for bucket in histogram.bucket:
            value = bucket.cumulative_count_float or bucket.cumulative_count
            if bucket.upper_bound != float("inf"):
                yield "_bucket", {"le": str(bucket.upper_bound)}, value
        yield "_bucket", {"le": "+Inf"}, count
    else:
        yield "", {}, getattr(metric, kind).value


def native(histogram):
    """The native buckets by their number, and those in the zero bucket."""
    numbers = []
    at = 0
    for span in histogram.positive_span:
        at += span.offset
        numbers += range(at, at + span.length)
        at += span.length
    if histogram.positive_delta:
        counts, last = [], 0
        for delta in histogram.positive_delta:
            last += delta
            counts.append(last)
    else:
        counts = list(histogram.positive_count)
    assert len(numbers) == len(counts)
    return Counter(
        dict(zip(numbers, counts, strict=True))
    ), histogram.zero_count_float or histogram.zero_count


def _varint(body):
    number = shift = 0
    for place, byte in enumerate(body):
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, place + 1
    raise AssertionError("a length without an end")
