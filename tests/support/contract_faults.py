"""The contract on faults: what goes wrong inside the measuring never changes a response."""

import pytest

from mcp_perf import PerformanceMonitor
from support.contract_hooks import AdapterHooks
from support.readings import in_progress, lost, requests, series
from support.shop import UNMATCHED


class Unspeakable:
    """No string, and cannot be made one."""

    def __init__(self, source):
        pass

    def __str__(self):
        raise RuntimeError("no words")

    __repr__ = __str__


def _raises(source):
    raise LookupError("the route callable is broken")


def _logged(caplog):
    return len([record for record in caplog.records if record.name == "mcp_perf"])


def _places_lost(monitor):
    return len(series(monitor, "mcp_monitor_events_lost_total"))


class Touchy(str):
    """A string that breaks where it is used as one."""

    __hash__ = __eq__ = startswith = _raises


class FaultsContract(AdapterHooks):
    def test_a_route_of_a_class_of_its_own_is_its_text(self, shop, monitor):
        """What derives from `str` is a route, whatever its methods do."""
        app = self.make(shop, monitor, route=lambda source: Touchy("/mine"))

        answer = self.get(app, "item")

        assert self.get(self.bare(shop), "item") == answer
        assert {("GET", "/mine", "200"): 1} == requests(monitor)
        assert 0 == in_progress(monitor)

    @pytest.mark.parametrize(
        "route",
        [_raises, lambda source: 42, lambda source: b"/bytes", lambda source: [], Unspeakable],
        ids=["raises", "number", "bytes", "unhashable", "unspeakable"],
    )
    @pytest.mark.parametrize("name", ["item", "stream", "boom", "broken"])
    def test_a_faulty_route_changes_no_response(self, shop, monitor, caplog, route, name):
        """A `route=` that raises or gives no string is counted and logged once; the answer stands."""
        app = self.make(shop, monitor, route=route)

        expected = self.get(self.bare(shop), name)
        answers = [self.get(app, name) for _ in range(3)]

        assert [expected] * 3 == answers
        status = str(expected.status or 500)
        assert {("GET", UNMATCHED, status): 3} == requests(monitor)
        assert 0 == in_progress(monitor)
        assert 3 <= lost(monitor)
        assert _places_lost(monitor) == _logged(caplog)

    def test_a_faulty_normalize_path_changes_no_response(self, shop, monitor, caplog):
        """A `normalize_path=` callable that raises is counted and logged once; the answer stands."""
        app = self.make(shop, monitor, normalize_path=_raises)

        answers = [self.request(app, "GET", "/nowhere") for _ in range(3)]

        assert [404, 404, 404] == [answer.status for answer in answers]
        assert {("GET", UNMATCHED, "404"): 3} == requests(monitor)
        assert 3 == lost(monitor)
        assert 1 == _logged(caplog)

    def test_an_odd_route_is_made_fit(self, shop, monitor):
        """A route with characters that no reader takes, or of any length, becomes a label that all take."""
        app = self.make(shop, monitor, route=lambda source: "/\ud800\x00\n" + "x" * 10_000)

        assert 200 == self.get(app, "item").status

        ((_, route, _),) = requests(monitor)
        assert "/\ufffd\ufffd\ufffdxxx" == route[:7]
        assert 256 == len(route)

    def test_more_routes_than_the_cap_overflow(self, shop, clock):
        """Over `max_series` further series are folded into one; what was there stays, no response changes."""
        monitor = PerformanceMonitor(registry=None, clock=clock.clock, max_series=3)
        numbers = iter(range(1000))
        app = self.make(shop, monitor, route=lambda source: f"/{next(numbers)}")

        for _ in range(10):
            assert 200 == self.get(app, "item").status

        expected = {("GET", f"/{number}", "200"): 1 for number in range(3)}
        assert {**expected, ("_overflow",) * 3: 7} == requests(monitor)
        assert 0 == in_progress(monitor)
