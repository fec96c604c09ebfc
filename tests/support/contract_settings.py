"""The contract on settings, and on monitors side by side."""

import pytest

from mcp_perf import PerformanceMonitor
from support.contract_hooks import AdapterHooks
from support.readings import in_progress, requests, samples, total, value
from support.shop import Shop


class SettingsContract(AdapterHooks):
    def test_excluded_paths_are_not_measured(self, shop, monitor):
        """A path in `exclude` leaves no trace; the application answers it as ever."""
        app = self.make(shop, monitor, exclude=["/items/3"])

        assert b"item 3" == self.get(app, "item").body
        self.request(app, "GET", "/items/33")

        assert {("GET", self.label("item"), "200"): 1} == requests(monitor)

    def test_excluded_patterns_are_not_measured(self, shop, monitor):
        """`*` in `exclude` stands for anything."""
        app = self.make(shop, monitor, exclude=["/items/*"])

        self.get(app, "item")
        self.get(app, "empty")

        assert {("GET", self.label("empty"), "204"): 1} == requests(monitor)

    def test_excluded_routes_are_not_measured(self, shop, monitor):
        """A route in `exclude` leaves no series, whatever its parameters and whatever is raised."""
        app = self.make(
            shop,
            monitor,
            exclude=[self.label("item"), self.label("boom")],
            time_to_first_byte=True,
            request_size=True,
            response_size=True,
        )

        self.get(app, "item")
        self.request(app, "GET", "/items/4")
        self.get(app, "boom")

        assert {} == requests(monitor)
        assert 0 == in_progress(monitor)
        left = {name for name, labels in samples(monitor) if "route" in dict(labels)}
        assert set() == left

    def test_sampling_counts_all_and_times_none(self, shop, monitor):
        """With `sample_rate=0` every request is counted and none is timed."""
        app = self.make(shop, monitor, sample_rate=0)

        for _ in range(5):
            self.get(app, "stream")

        assert {("GET", self.label("stream"), "200"): 5} == requests(monitor)
        assert 0 == total(monitor, "mcp_http_request_duration_seconds_count")
        assert 0 == total(monitor, "mcp_http_request_duration_seconds_sum")
        assert 0 == in_progress(monitor)

    def test_sampling_times_a_share(self, shop, clock, monitor):
        """A request is timed where chance is below `sample_rate`."""
        app = self.make(shop, monitor, sample_rate=0.5)

        for clock.luck in (0.1, 0.49, 0.5, 0.9):
            self.get(app, "item")

        assert 4 == total(monitor, "mcp_http_requests_total")
        assert 2 == total(monitor, "mcp_http_request_duration_seconds_count")

    def test_the_time_to_first_byte_is_opt_in(self, shop, app, monitor):
        """`time_to_first_byte` measures until the first byte of the body."""
        self.get(app, "stream")
        assert 0 == total(monitor, "mcp_http_time_to_first_byte_seconds_count")

        self.get(self.make(shop, monitor, time_to_first_byte=True), "stream")

        labels = {"method": "GET", "route": self.label("stream")}
        assert 1 == value(monitor, "mcp_http_time_to_first_byte_seconds_sum", **labels)
        assert 1 == value(monitor, "mcp_http_time_to_first_byte_seconds_count", **labels)

    def test_sizes_are_opt_in_and_count_the_bytes_carried(self, shop, app, monitor):
        """`request_size` and `response_size` are the bytes that were really read and sent."""
        self.get(app, "echo", body=b"x" * 1000)
        assert 0 == total(monitor, "mcp_http_request_size_bytes_count")
        assert 0 == total(monitor, "mcp_http_response_size_bytes_count")

        sized = self.make(shop, monitor, request_size=True, response_size=True)
        self.get(sized, "echo", body=b"x" * 1000)

        labels = {"method": "POST", "route": self.label("echo")}
        assert 1000 == value(monitor, "mcp_http_request_size_bytes_sum", **labels)
        assert 1000 == value(monitor, "mcp_http_response_size_bytes_sum", **labels)

    @pytest.mark.parametrize(("name", "size"), [("stream", 11), ("empty", 0), ("broken", 3)])
    def test_the_size_of_an_answer(self, shop, monitor, name, size):
        """Streams count all their parts, an empty answer counts nothing, a broken one what was sent."""
        self.get(self.make(shop, monitor, response_size=True), name)

        assert size == total(monitor, "mcp_http_response_size_bytes_sum")
        assert 1 == total(monitor, "mcp_http_response_size_bytes_count")

    def test_the_answer_to_head_carries_no_bytes(self, shop, monitor):
        """An answer to HEAD has the size 0, whatever the application gives as its body."""
        self.request(self.make(shop, monitor, response_size=True), "HEAD", "/items/3")

        assert 0 == total(monitor, "mcp_http_response_size_bytes_sum")
        assert 1 == total(monitor, "mcp_http_response_size_bytes_count")

    @pytest.mark.parametrize(
        ("settings", "error"),
        [
            ({"sample_rate": 2}, ValueError),
            ({"sample_rate": "all"}, ValueError),
            ({"exclude": "/metrics"}, ValueError),
            ({"exclude": ["metrics"]}, ValueError),
            ({"status_groups": "yes"}, ValueError),
            ({"route": "/items"}, ValueError),
            ({"normalize_path": 1}, ValueError),
            ({"response_size": 1}, ValueError),
            ({"excluded": ["/metrics"]}, TypeError),
        ],
    )
    def test_a_wrong_setting_fails_at_construction(self, shop, monitor, settings, error):
        """A wrong setting is an error that names it, before there is a request."""
        with pytest.raises(error, match=next(iter(settings))):
            self.make(shop, monitor, **settings)

    def test_a_wrong_monitor_fails_at_construction(self, shop):
        """What is no monitor is refused before there is a request."""
        with pytest.raises(TypeError, match="monitor"):
            self.make(shop, "monitor")

    def test_a_disabled_monitor_passes_everything_through(self, shop, clock):
        """With `enabled=False` the application answers as ever and nothing is recorded."""
        monitor = PerformanceMonitor(registry=None, clock=clock.clock, enabled=False)
        app = self.make(shop, monitor)

        for name in ("item", "stream", "boom", "broken"):
            expected, answer = self.get(self.bare(shop), name), self.get(app, name)
            assert expected == answer

        assert [name for name, _ in samples(monitor) if name.startswith("mcp_http")] == []

    def test_two_monitors_share_nothing(self, shop, clock, monitor):
        """What one monitor measures, another does not know."""
        other = PerformanceMonitor(registry=None, clock=clock.clock)

        self.get(self.make(shop, monitor), "item")
        self.get(self.make(Shop(clock), other), "empty")

        assert {("GET", self.label("item"), "200"): 1} == requests(monitor)
        assert {("GET", self.label("empty"), "204"): 1} == requests(other)

    @pytest.mark.parametrize("name", ["item", "stream", "boom", "broken"])
    def test_one_monitor_twice_in_the_stack_counts_once(self, shop, monitor, name):
        """The same monitor twice in the stack counts a request, and its exception, once."""
        answer = self.get(self.stack(shop, monitor), name)

        status = str(answer.status or 500)
        assert {("GET", self.label(name), status): 1} == requests(monitor)
        assert (1 if name in ("boom", "broken") else 0) == total(monitor, "mcp_http_exceptions_total")
        assert 0 == in_progress(monitor)

    def test_an_own_namespace_is_in_every_name(self, shop, clock):
        """`namespace` is the first word of every metric's name."""
        monitor = PerformanceMonitor(registry=None, clock=clock.clock, namespace="shop")

        self.get(self.make(shop, monitor), "item")

        assert 1 == total(monitor, "shop_http_requests_total")
        assert {"shop"} == {name.partition("_")[0] for name, _ in samples(monitor)}
