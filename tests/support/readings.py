"""What a monitor has measured, read the way anybody can read it: from the text of ``/metrics``."""

from prometheus_client.parser import text_string_to_metric_families

from mcp_perf.timing import Clock


class FakeClock:
    """Time that passes only when a test says so; `clock` is what a monitor takes.

    `luck` is what the monitor's `chance` gives: 0.0 is always below a sample rate, 0.99 seldom.
    """

    def __init__(self, now=1_000_000.0, luck=0.5):
        self.now = self._passed = now
        self.luck = luck
        self.clock = Clock(monotonic=lambda: self._passed, wall=lambda: self.now, chance=lambda: self.luck)

    def advance(self, seconds):
        self.now += seconds
        self._passed += seconds

    def set(self, seconds):
        """Somebody sets the clock by so much; no time has passed."""
        self.now += seconds


def samples(monitor, *names):
    """Every sample (of these names, if any) as ``{(name, frozenset(labels.items())): value}``."""
    _, body = monitor.render(names=names)
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def value(monitor, name, /, **labels):
    """The value of one sample, None where it is not there."""
    return samples(monitor, name).get((name, frozenset(labels.items())))


def series(monitor, name, /, **labels):
    """The label sets of a metric, as dicts, with their values: those that have these labels among theirs."""
    return [
        (dict(found), number)
        for (metric, found), number in samples(monitor, name).items()
        if metric == name and labels.items() <= found
    ]


def total(monitor, name, /, **labels):
    """The sum over all series of a metric that have these labels among theirs, 0 where there are none."""
    return sum(number for _, number in series(monitor, name, **labels))


def requests(monitor):
    """The requests counted, as ``{(method, route, status): number}``."""
    return {
        (labels["method"], labels["route"], labels["status"]): number
        for labels, number in series(monitor, "mcp_http_requests_total")
    }


def in_progress(monitor):
    """The requests in progress, whatever their method."""
    return total(monitor, "mcp_http_requests_in_progress")


def exceptions(monitor):
    """The exceptions counted, as ``{(method, route, class): number}``."""
    return {
        (labels["method"], labels["route"], labels["exception"]): number
        for labels, number in series(monitor, "mcp_http_exceptions_total")
    }


def lost(monitor):
    """The events lost to a fault in the instrumentation, wherever."""
    return total(monitor, "mcp_monitor_events_lost_total")
