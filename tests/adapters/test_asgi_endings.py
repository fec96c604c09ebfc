"""How an HTTP exchange ends over ASGI: each is counted once, as what it was."""

import asyncio

import pytest
from support.asgi_driver import AsgiServer, http_scope, serve
from support.asgi_parts import body, measured, sending, start
from support.readings import exceptions, in_progress, requests, total
from support.shop import UNMATCHED, BoomError


def counted(status, number=1):
    return {("GET", UNMATCHED, str(status)): number}


def duration(monitor):
    return total(monitor, "mcp_http_request_duration_seconds_sum")


class TestAfterTheLastByte:
    def test_background_work_is_not_in_the_duration(self, clock, monitor):
        """What an application does after the last byte counts neither as duration nor as in progress."""
        seen = []

        async def background(scope, receive, send):
            seen.append((requests(monitor), in_progress(monitor)))
            clock.advance(60)

        serve(measured(sending(start(), body(b"x"), then=background), monitor), http_scope())

        assert [(counted(200), 0)] == seen
        assert 0 == duration(monitor)
        assert counted(200) == requests(monitor)

    def test_an_exception_in_background_work(self, monitor):
        """It reaches the server and is counted; the request is not counted again."""
        boom = BoomError()

        async def background(scope, receive, send):
            raise boom

        app = measured(sending(start(), body(b"x"), then=background), monitor)
        answer = serve(app, http_scope())

        assert boom is answer.error
        assert counted(200) == requests(monitor)
        assert {("GET", UNMATCHED, "BoomError"): 1} == exceptions(monitor)
        assert 0 == in_progress(monitor)

    def test_a_cancellation_in_background_work(self, monitor):
        """The request was complete; its cancelled afterwork changes nothing."""

        async def background(scope, receive, send):
            asyncio.current_task().cancel()
            await asyncio.sleep(0)

        app = measured(sending(start(), body(b"x"), then=background), monitor)
        answer = serve(app, http_scope())

        assert isinstance(answer.error, asyncio.CancelledError)
        assert counted(200) == requests(monitor)
        assert {} == exceptions(monitor)

    def test_a_disconnect_after_the_last_byte(self, monitor):
        """A server says `http.disconnect` after a complete response too; that is no 499."""
        heard = []

        async def wait(scope, receive, send):
            heard.extend([await receive(), await receive()])

        serve(measured(sending(start(), body(b"x"), then=wait), monitor), http_scope())

        assert ["http.request", "http.disconnect"] == [message["type"] for message in heard]
        assert counted(200) == requests(monitor)

    @pytest.mark.parametrize("size", [0, 1, 65536, 65537, 1_000_000])
    @pytest.mark.parametrize("more", [False, True])
    def test_the_duration_ends_with_the_last_byte_whatever_the_size(self, clock, monitor, size, more):
        """Big answers and small ones, in one part and in two, are counted once and before the afterwork."""

        async def background(scope, receive, send):
            clock.advance(60)

        parts = [body(b"x" * size, True), body()] if more else [body(b"x" * size)]
        serve(measured(sending(start(), *parts, then=background), monitor), http_scope())

        assert counted(200) == requests(monitor)
        assert 0 == duration(monitor)


class TestOddEndings:
    def test_an_application_that_returns_without_a_response(self, monitor):
        """The server will answer 500, and that is what is counted."""
        serve(measured(sending(), monitor), http_scope())

        assert counted(500) == requests(monitor)
        assert 0 == in_progress(monitor)

    def test_an_application_that_never_finishes_its_body(self, monitor):
        """The request ends when the application does, with the status that was sent."""
        serve(measured(sending(start(203), body(b"x", True)), monitor), http_scope())

        assert counted(203) == requests(monitor)
        assert 0 == in_progress(monitor)

    def test_an_application_that_sends_a_start_alone(self, monitor):
        """Likewise without any body."""
        serve(measured(sending(start(203)), monitor), http_scope())

        assert counted(203) == requests(monitor)

    def test_a_child_task_sends(self, clock, monitor):
        """The response may come from another task."""

        async def app(scope, receive, send):
            async def child():
                for message in (start(201), body(b"x", True)):
                    await asyncio.create_task(send(message))
                clock.advance(2)
                await asyncio.gather(send(body()))

            await asyncio.create_task(child())

        answer = serve(measured(app, monitor), http_scope())

        assert (201, b"x", None) == (answer.status, answer.body, answer.error)
        assert counted(201) == requests(monitor)
        assert 2 == duration(monitor)

    def test_an_exception_before_the_response_whatever_the_class(self, monitor):
        """Each class of exceptions is counted for itself."""
        for error in (ValueError, KeyError, BoomError):

            async def app(scope, receive, send, error=error):
                raise error

            serve(measured(app, monitor), http_scope())

        assert counted(500, 3) == requests(monitor)
        assert {"ValueError", "KeyError", "BoomError"} == {name for _, _, name in exceptions(monitor)}

    def test_an_exception_between_the_start_and_the_body(self, monitor):
        """The status that was sent stands."""

        async def raise_boom(scope, receive, send):
            raise BoomError

        serve(measured(sending(start(202), then=raise_boom), monitor), http_scope())

        assert counted(202) == requests(monitor)
        assert {("GET", UNMATCHED, "BoomError"): 1} == exceptions(monitor)

    def test_many_requests_at_the_same_time(self, monitor):
        """Requests that run side by side are all in progress, and all counted."""

        async def main():
            everybody = asyncio.Event()
            waiting = []

            async def app(scope, receive, send):
                waiting.append(scope)
                if len(waiting) == 10:
                    assert 10 == in_progress(monitor)
                    everybody.set()
                await everybody.wait()
                await sending(start(), body())(scope, receive, send)

            both = measured(app, monitor)
            return await asyncio.gather(*(AsgiServer(http_scope()).run(both) for _ in range(10)))

        assert [None] * 10 == [answer.error for answer in asyncio.run(main())]
        assert counted(200, 10) == requests(monitor)
        assert 0 == in_progress(monitor)
