"""Clients that go away and tasks that are cancelled over ASGI: 499, once."""

import asyncio

import pytest
from support.asgi_driver import AsgiServer, body_script, http_scope, serve
from support.asgi_parts import DISCONNECT, body, measured, sending, start
from support.readings import exceptions, in_progress, requests
from support.shop import UNMATCHED, BoomError


def counted(status, number=1):
    return {("GET", UNMATCHED, str(status)): number}


class TestClientGone:
    def test_while_the_request_is_read(self, monitor):
        """A client that goes away in the middle of its request makes a 499."""

        async def upload(scope, receive, send):
            while (await receive())["type"] != "http.disconnect":
                pass

        script = [{"type": "http.request", "body": b"x", "more_body": True}, DISCONNECT]
        answer = serve(measured(upload, monitor), http_scope(), script)

        assert None is answer.error
        assert counted(499) == requests(monitor)
        assert 0 == in_progress(monitor)

    def test_while_the_request_is_read_and_the_application_raises(self, monitor):
        """What an application raises because the client has gone is no exception of its own."""

        async def upload(scope, receive, send):
            if (await receive())["type"] == "http.disconnect":
                raise BoomError

        answer = serve(measured(upload, monitor), http_scope(), [DISCONNECT])

        assert isinstance(answer.error, BoomError)
        assert counted(499) == requests(monitor)
        assert {} == exceptions(monitor)

    def test_before_the_response_begins(self, monitor):
        """A server may raise OSError already at the start of the response."""
        boom = OSError("gone")

        def on_send(message):
            raise boom

        answer = serve(measured(sending(start(), body()), monitor), http_scope(), on_send=on_send)

        assert boom is answer.error
        assert counted(499) == requests(monitor)
        assert {} == exceptions(monitor)

    def test_after_the_answer_while_the_server_takes_the_last_of_it(self, monitor):
        """A server may say that the client has gone, as the answer is complete, before its `send` returns."""
        told = asyncio.Event()

        async def on_send(message):
            if message["type"] == "http.response.body":
                server.leave()
                await told.wait()

        async def answering(scope, receive, send):
            async def listen():
                await receive()
                await receive()
                told.set()

            listening = asyncio.create_task(listen())
            await sending(start(), body(b"x"))(scope, receive, send)
            await listening

        async def main():
            nonlocal server
            server = AsgiServer(http_scope(), on_send=on_send)
            await measured(answering, monitor)(server.scope, server.receive, server.send)

        server = None
        asyncio.run(main())

        assert counted(200) == requests(monitor)

    @pytest.mark.parametrize("parts", [[body(b"x")], [body(b"x", True), body()], [body(b"x" * 100_000)]])
    def test_at_the_last_byte(self, monitor, parts):
        """A client that is not there for the last byte has not got the response."""

        def on_send(message):
            if message["type"] == "http.response.body" and not message["more_body"]:
                raise OSError("gone")

        serve(measured(sending(start(), *parts), monitor), http_scope(), on_send=on_send)

        assert counted(499) == requests(monitor)
        assert {} == exceptions(monitor)
        assert 0 == in_progress(monitor)

    def test_in_the_middle_of_the_response_and_the_application_lives_with_it(self, monitor):
        """An application may catch the server's OSError and clean up."""

        async def app(scope, receive, send):
            await send(start())
            try:
                await send(body(b"x", True))
            except OSError:
                return

        def on_send(message):
            if message["type"] == "http.response.body":
                raise OSError("gone")

        answer = serve(measured(app, monitor), http_scope(), on_send=on_send)

        assert None is answer.error
        assert counted(499) == requests(monitor)

    def test_heard_in_the_middle_of_the_response(self, monitor):
        """Where a server does not raise, it says so to who listens."""

        async def app(scope, receive, send):
            await receive()
            await send(start())
            await send(body(b"x", True))
            assert DISCONNECT == await receive()

        script = [*body_script(b""), DISCONNECT]
        serve(measured(app, monitor), http_scope(spec_version="2.3"), script)

        assert counted(499) == requests(monitor)


class TestCancelled:
    def test_before_the_response(self, monitor):
        """A request that is cancelled before its response begins is a 499."""
        self.check(monitor, "http.response.start")

    def test_in_the_middle_of_the_response(self, monitor):
        """A request that is cancelled in the middle of its response is a 499."""
        self.check(monitor, "http.response.body")

    def check(self, monitor, kind):
        async def main():
            async def on_send(message):
                if message["type"] == kind:
                    server.task.cancel()
                    await asyncio.sleep(0)

            server = AsgiServer(http_scope(), on_send=on_send)
            return await server.run(measured(sending(start(), body(b"x", True), body()), monitor))

        answer = asyncio.run(main())

        assert isinstance(answer.error, asyncio.CancelledError)
        assert counted(499) == requests(monitor)
        assert 0 == in_progress(monitor)
        assert {} == exceptions(monitor)

    def test_while_the_request_is_read(self, monitor):
        """A request that is cancelled while it is read is a 499."""

        async def main():
            async def read(scope, receive, send):
                await receive()

            async def on_receive(message):
                server.task.cancel()
                await asyncio.sleep(0)

            server = AsgiServer(http_scope(), on_receive=on_receive)
            return await server.run(measured(read, monitor))

        answer = asyncio.run(main())

        assert isinstance(answer.error, asyncio.CancelledError)
        assert counted(499) == requests(monitor)

    def test_other_ways_to_end_a_task_pass_through(self, monitor):
        """KeyboardInterrupt and SystemExit reach the server, and count as what they are."""
        for error in (KeyboardInterrupt(), SystemExit(1)):

            async def app(scope, receive, send, error=error):
                raise error

            assert error is _run_bare(measured(app, monitor))

        assert counted(500, 2) == requests(monitor)
        assert {"KeyboardInterrupt", "SystemExit"} == {name for _, _, name in exceptions(monitor)}


def _run_bare(app):
    """The exception that `app` ends with, called without an event loop that would take its own view of it."""

    async def receive():
        raise AssertionError

    try:
        app(http_scope(), receive, receive).send(None)
    except BaseException as error:
        return error
