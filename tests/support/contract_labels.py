"""The contract on labels: few, and the user's own words."""

import pytest

from support.contract_hooks import AdapterHooks
from support.readings import requests, series
from support.shop import UNMATCHED


class LabelsContract(AdapterHooks):
    MANY = 10_000

    def test_a_parameter_is_never_filled_in(self, app, monitor):
        """Requests that differ in a parameter alone are one series, under the template."""
        self.send_all(app, [("GET", f"/items/{item}") for item in range(100)])

        assert {("GET", self.label("item"), "200"): 100} == requests(monitor)

    @pytest.mark.parametrize("are_many", [False, pytest.param(True, marks=pytest.mark.long)])
    def test_unknown_paths_and_invented_methods_are_one_series(self, app, monitor, are_many):
        """However many unknown paths make one series, and so do invented methods."""
        number = self.MANY if are_many else 100
        self.send_all(app, [("GET", f"/nowhere/{one}") for one in range(number)])
        self.send_all(app, [(f"METHOD{one}", "/nowhere") for one in range(number // 10)])

        expected = {("GET", UNMATCHED, "404"): number, ("_OTHER", UNMATCHED, "404"): number // 10}
        assert expected == requests(monitor)
        methods = [labels for labels, _ in series(monitor, "mcp_http_requests_in_progress")]
        assert [{"method": "GET"}, {"method": "_OTHER"}] == methods

    def test_a_path_that_no_text_can_carry_is_measured_like_any_other(self, app, monitor):
        """Odd characters in a path that no route matches change nothing."""
        self.request(app, "GET", "/nowhere/%FF%00%F0%9F%92%A9")

        assert {("GET", UNMATCHED, "404"): 1} == requests(monitor)

    def test_a_method_that_the_route_lacks(self, app, monitor):
        """405 is counted under the route whose path matched."""
        answer = self.request(app, "DELETE", "/items/3")

        assert 405 == answer.status
        assert {("DELETE", self.label("item"), "405"): 1} == requests(monitor)

    def test_methods_are_case_sensitive(self, app, monitor):
        """`get` is not GET."""
        self.request(app, "get", "/nowhere")

        assert {("_OTHER", UNMATCHED)} == {key[:2] for key in requests(monitor)}

    def test_status_groups(self, shop, monitor):
        """With `status_groups` the status reads 2xx, 4xx, 5xx."""
        app = self.make(shop, monitor, status_groups=True)

        for name in ("item", "empty", "handled", "boom"):
            self.get(app, name)

        assert {"2xx", "4xx", "5xx"} == {status for _, _, status in requests(monitor)}

    def test_a_route_callable_goes_before_the_framework(self, shop, monitor):
        """What `route=` answers is the label."""
        app = self.make(shop, monitor, route=lambda source: "/mine")

        self.get(app, "item")

        assert {("GET", "/mine", "200"): 1} == requests(monitor)

    def test_a_route_callable_is_asked_once(self, shop, monitor):
        """`route=` and `normalize_path=` are called once for each request."""
        asked = []
        app = self.make(shop, monitor, route=asked.append, normalize_path=asked.append)

        for _ in range(3):
            self.request(app, "GET", "/nowhere")

        assert 6 == len(asked)

    def test_a_route_callable_may_leave_it_to_the_framework(self, shop, monitor):
        """Where `route=` answers None, the label is the framework's."""
        app = self.make(shop, monitor, route=lambda source: None)

        self.get(app, "item")

        assert {("GET", self.label("item"), "200"): 1} == requests(monitor)

    def test_a_route_gets_its_leading_slash(self, shop, monitor):
        """A route always reads with a leading slash."""
        app = self.make(shop, monitor, route=lambda source: "mine")

        self.get(app, "item")

        assert {("GET", "/mine", "200"): 1} == requests(monitor)

    def test_normalize_path_speaks_for_paths_that_nobody_knows(self, shop, monitor):
        """`normalize_path` gets the raw path where no route matched, and its answer is the label."""
        asked = []

        def normalize(path):
            asked.append(path)
            return "/nowhere/{n}"

        app = self.make(shop, monitor, normalize_path=normalize)
        self.request(app, "GET", "/nowhere/7?a=b")
        if self.ROUTED:
            self.get(app, "empty")

        assert ["/nowhere/7"] == asked
        assert 1 == requests(monitor)["GET", "/nowhere/{n}", "404"]
