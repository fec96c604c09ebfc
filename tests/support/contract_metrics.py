"""The contract on the metrics app that an adapter serves beside the application."""

import json

from prometheus_client.parser import text_string_to_metric_families

from support.contract_hooks import AdapterHooks
from support.readings import requests


class MetricsContract(AdapterHooks):
    def test_metrics_are_served_at_the_path(self, shop, monitor):
        """GET at the path itself answers what has been measured, as Prometheus text, without a redirect."""
        app = self.serve(shop, monitor)
        self.get(app, "item")

        answer = self.request(app, "GET", "/metrics")

        assert 200 == answer.status
        assert answer.headers["content-type"].startswith("text/plain; version=")
        found = {
            tuple(sample.labels.values()): sample.value
            for family in text_string_to_metric_families(answer.body.decode())
            for sample in family.samples
            if sample.name == "mcp_http_requests_total"
        }
        assert {("GET", self.label("item"), "200"): 1} == found

    def test_the_accept_header_reaches_the_metrics_app(self, shop, monitor):
        """The format is negotiated."""
        accept = "application/openmetrics-text; version=1.0.0"

        answer = self.request(self.serve(shop, monitor), "GET", "/metrics", headers={"Accept": accept})

        assert answer.headers["content-type"].startswith(accept)
        assert answer.body.endswith(b"# EOF\n")

    def test_the_query_reaches_the_metrics_app(self, shop, monitor):
        """`name[]` restricts the answer."""
        app = self.serve(shop, monitor)
        self.get(app, "item")

        answer = self.request(app, "GET", "/metrics?name[]=mcp_http_requests_total")

        lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
        assert 1 == len(lines)

    def test_the_summary_is_served_below(self, shop, monitor):
        """`/metrics/summary` is the same reading as JSON."""
        app = self.serve(shop, monitor)
        self.get(app, "item")

        answer = self.request(app, "GET", "/metrics/summary")

        assert 200 == answer.status
        assert "application/json" == answer.headers["content-type"]
        assert 1 == json.loads(answer.body)["http"]["requests"]

    def test_nothing_else_is_served_below(self, shop, monitor):
        """What is below the path and no page of ours is 404."""
        app = self.serve(shop, monitor)

        assert 404 == self.request(app, "GET", "/metrics/nothing").status
        assert 404 == self.request(app, "GET", "/metrics/summary/more").status

    def test_other_methods_are_not_allowed(self, shop, monitor):
        """Anything but GET and HEAD is 405, and the answer says what is allowed."""
        app = self.serve(shop, monitor)

        for path in ("/metrics", "/metrics/summary"):
            answer = self.request(app, "POST", path, body=b"x")
            assert (405, "GET, HEAD") == (answer.status, answer.headers.get("allow"))

    def test_head_is_get_without_the_body(self, shop, monitor):
        """HEAD answers with the header fields alone."""
        app = self.serve(shop, monitor)

        answer = self.request(app, "HEAD", "/metrics/summary")

        assert (200, b"", "application/json") == (answer.status, answer.body, answer.headers["content-type"])
        assert 0 < int(answer.headers["content-length"])

    def test_scrapes_are_not_measured(self, shop, monitor):
        """Requests for the metrics do not show in them."""
        app = self.serve(shop, monitor)

        for path in ("/metrics", "/metrics/summary", "/metrics/nothing"):
            self.request(app, "GET", path)

        assert {} == requests(monitor)

    def test_the_application_keeps_what_only_looks_alike(self, shop, monitor):
        """A path that merely begins with the same letters is the application's."""
        app = self.serve(shop, monitor)

        assert 404 == self.request(app, "GET", "/metricsandmore").status
        assert 200 == self.get(app, "item").status
        assert 2 == sum(requests(monitor).values())

    def test_the_path_is_the_users(self, shop, monitor):
        """The metrics may be served anywhere."""
        app = self.serve(shop, monitor, path="/internal/prom")

        assert 200 == self.request(app, "GET", "/internal/prom").status
        assert 200 == self.request(app, "GET", "/internal/prom/summary").status
        assert 404 == self.request(app, "GET", "/metrics").status
