"""The contract on endings: every request is counted once, as what it was, and leaves nothing behind."""

import pytest

from support.contract_hooks import AdapterHooks
from support.readings import exceptions, in_progress, requests, total, value
from support.shop import Shop, root


class EndingsContract(AdapterHooks):
    @pytest.mark.parametrize(
        ("name", "status"),
        [("item", 200), ("empty", 204), ("stream", 200), ("handled", 418), ("echo", 200), ("context", 200)],
    )
    def test_an_answered_request_is_counted_once(self, app, monitor, name, status):
        """A request is counted once, with the status that the client saw, and is no longer in progress."""
        answer = self.get(app, name)

        assert (status, None) == (answer.status, answer.error)
        method = "POST" if name == "echo" else "GET"
        assert {(method, self.label(name), str(status)): 1} == requests(monitor)
        assert 1 == total(monitor, "mcp_http_request_duration_seconds_count")
        assert 0 == in_progress(monitor)
        assert {} == exceptions(monitor)

    def test_the_same_bytes_reach_the_client_as_without_us(self, shop, app):
        """Status, header fields and body are those of the application alone."""
        bare = self.bare(shop)

        for name in ("item", "empty", "stream", "handled"):
            expected, answer = self.get(bare, name), self.get(app, name)
            assert expected == answer

    def test_what_the_client_sends_reaches_the_application(self, app):
        """The body of a request comes through whole."""
        assert b"abc" * 30_000 == self.get(app, "echo", body=b"abc" * 30_000).body

    def test_each_of_many_requests_is_counted(self, app, monitor):
        """A counter counts up request by request."""
        for _ in range(3):
            self.get(app, "item")
        self.get(app, "empty")

        expected = {("GET", self.label("item"), "200"): 3, ("GET", self.label("empty"), "204"): 1}
        assert expected == requests(monitor)

    def test_a_request_is_in_progress_until_its_end(self, shop, app, monitor):
        """The gauge is 1 while the handler runs, for the request's method, and 0 after."""
        seen = []
        shop.during = lambda: seen.append(value(monitor, "mcp_http_requests_in_progress", method="GET"))

        self.get(app, "item")

        assert [1] == seen
        assert 0 == value(monitor, "mcp_http_requests_in_progress", method="GET")

    def test_a_running_request_is_not_counted_yet(self, shop, app, monitor):
        """A request counts when it has ended."""
        seen = []
        shop.during = lambda: seen.append(requests(monitor))

        self.get(app, "item")

        assert [{}] == seen

    def test_a_stream_lasts_until_its_last_byte(self, app, monitor):
        """The duration of a streamed answer is that of its body."""
        answer = self.get(app, "stream")

        assert b"onetwothree" == answer.body
        assert 3 == total(monitor, "mcp_http_request_duration_seconds_sum")

    def test_a_stream_is_in_progress_until_its_last_byte(self, shop, monitor):
        """While a body is on its way, the request is in progress."""
        seen = []
        parts = shop.parts

        def watched():
            for part in parts():
                seen.append(in_progress(monitor))
                yield part

        shop.parts = watched
        self.get(self.make(shop, monitor), "stream")

        assert [1, 1, 1] == seen
        assert 0 == in_progress(monitor)

    def test_the_handlers_time_is_the_duration(self, shop, app, clock, monitor):
        """The duration is what passes between the first sight of a request and the last byte."""
        shop.during = lambda: clock.advance(0.25)

        self.get(app, "item")

        assert 0.25 == total(monitor, "mcp_http_request_duration_seconds_sum")

    def test_a_head_request_is_one_of_its_own(self, app, monitor):
        """HEAD has its own method label; there is no body."""
        answer = self.request(app, "HEAD", "/items/3")

        assert (200, b"") == (answer.status, answer.body)
        assert {("HEAD", self.label("item"), "200"): 1} == requests(monitor)
        assert 0 == in_progress(monitor)

    def test_an_uncaught_exception_is_a_500_and_counted_by_class(self, app, monitor):
        """An exception that nobody catches counts the request as 500, and counts by its class."""
        self.get(app, "boom")

        assert {("GET", self.label("boom"), "500"): 1} == requests(monitor)
        assert {("GET", self.label("boom"), "BoomError"): 1} == exceptions(monitor)
        assert 0 == in_progress(monitor)

    def test_the_server_sees_the_exception_that_the_application_raised(self, shop, app):
        """The very same exception object reaches the server, where the framework lets it through."""
        answer = self.get(app, "boom")

        if self.LETS_THROUGH:
            assert shop.boom is answer.error
        else:
            assert (500, None) == (answer.status, answer.error)

    def test_an_exception_in_the_middle_of_a_body(self, shop, app, monitor):
        """An exception after the answer has begun keeps the status that was sent, and reaches the server."""
        answer = self.get(app, "broken")

        assert (200, b"one") == (answer.status, answer.body)
        assert shop.boom is root(answer.error)
        assert {("GET", self.label("broken"), "200"): 1} == requests(monitor)
        seen = type(answer.error).__name__  # perhaps the group that the framework has made of it
        assert {("GET", self.label("broken"), seen): 1} == exceptions(monitor)
        assert 0 == in_progress(monitor)

    def test_a_client_that_goes_away_in_the_middle_of_a_body(self, app, monitor):
        """A client that does not wait for the whole answer makes a 499, and no exception."""
        self.get(app, "endless", leave_after=2)

        assert {("GET", self.label("endless"), "499"): 1} == requests(monitor)
        assert 0 == in_progress(monitor)
        assert {} == exceptions(monitor)

    def test_context_variables_behave_as_without_us(self, clock, monitor):
        """Application and server see each other's context variables as ever."""
        bare_shop, shop = Shop(clock), Shop(clock)

        expected = self.get(self.bare(bare_shop), "context")
        answer = self.get(self.make(shop, monitor), "context")

        assert bare_shop.seen == shop.seen
        assert expected.context == answer.context
