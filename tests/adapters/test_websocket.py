"""WebSockets over ASGI: each connection is counted once, by the code that it ended with."""

import asyncio
import enum

import pytest
from support.asgi_driver import AsgiServer, serve, websocket_scope
from support.asgi_parts import measured, sending
from support.readings import in_progress, lost, requests
from support.shop import UNMATCHED, BoomError
from support.websockets import ACCEPT, CONNECT, DENIAL, active, close, codes, durations, hear, left


class Code(enum.IntEnum):
    AWAY = 1001


def check(monitor, app, code, *, script=(CONNECT,), accepted=True, error=None, **scope):
    """Run `app`, and see that all is counted as it should be."""
    answer = serve(measured(app, monitor), websocket_scope(**scope), script)

    assert error is answer.error
    assert {(UNMATCHED, code): 1} == codes(monitor)
    assert 0 == active(monitor)
    assert int(accepted) == durations(monitor)[0]
    assert {} == requests(monitor)
    assert (0, 0) == (in_progress(monitor), lost(monitor))
    return answer


class TestAccepted:
    @pytest.mark.parametrize(
        ("sent", "code"),
        [(1000, "1000"), (1001, "1001"), (3003, "3003"), (Code.AWAY, "1001"), (None, "1005")],
    )
    def test_the_client_closes(self, monitor, sent, code):
        """The client's code counts; where it gave none, 1005 says so."""
        check(monitor, sending(ACCEPT, then=hear), code, script=[CONNECT, left(sent)])

    @pytest.mark.parametrize("sent", [4321, 1004, 999, "1000", [1], 1e300])
    def test_the_client_invents_a_code(self, monitor, sent):
        """What a client may send at will makes one series."""
        check(monitor, sending(ACCEPT, then=hear), "_OTHER", script=[CONNECT, left(sent)])

    @pytest.mark.parametrize(("sent", "code"), [(1000, "1000"), (4321, "4321"), (None, "1000")])
    def test_the_application_closes(self, monitor, sent, code):
        """The application's code counts; where it gave none, it is 1000."""
        check(monitor, sending(ACCEPT, close(sent)), code)

    def test_the_first_close_counts(self, monitor):
        """What the server says of a connection that the application has closed is no second ending."""
        check(monitor, sending(ACCEPT, close(3000), then=hear), "3000", script=[CONNECT, left(1006)])

    def test_the_client_closes_before_the_application_does(self, monitor):
        """An application that closes what the client has closed changes nothing."""

        async def late(scope, receive, send):
            await hear(scope, receive, send)
            await send(close(3000))

        check(monitor, sending(ACCEPT, then=late), "1001", script=[CONNECT, left(1001)])

    def test_nobody_closes(self, monitor):
        """An application that just returns has its connection cut off."""
        check(monitor, sending(ACCEPT), "1006")

    def test_an_exception(self, monitor):
        """An exception closes with 1011, as servers do, and is the one that the server sees."""
        boom = BoomError()

        async def fail(scope, receive, send):
            raise boom

        check(monitor, sending(ACCEPT, then=fail), "1011", error=boom)

    def test_an_exception_after_the_client_has_gone(self, monitor):
        """The ending is the client's."""
        boom = BoomError()

        async def fail(scope, receive, send):
            await hear(scope, receive, send)
            raise boom

        check(monitor, sending(ACCEPT, then=fail), "1001", script=[CONNECT, left(1001)], error=boom)

    def test_messages_that_find_no_client(self, monitor):
        """A server raises OSError for a message to a client that has gone: the connection was cut off."""
        gone = OSError("gone")

        def on_send(message):
            if message["type"] == "websocket.send":
                raise gone

        app = measured(sending(ACCEPT, {"type": "websocket.send", "text": "x"}), monitor)
        answer = serve(app, websocket_scope(), on_send=on_send)

        assert gone is answer.error
        assert {(UNMATCHED, "1006"): 1} == codes(monitor)
        assert 0 == active(monitor)

    def test_cancelled(self, monitor):
        """A connection whose task is cancelled is cut off."""
        answer = _cancelled_at("websocket.send", monitor)

        assert isinstance(answer.error, asyncio.CancelledError)
        assert {(UNMATCHED, "1006"): 1} == codes(monitor)
        assert 0 == active(monitor)

    def test_it_is_active_from_accept_to_close(self, clock, monitor):
        """The gauge is 1 while the connection is open; the duration runs from the handshake to the close."""
        seen = []

        async def talk(scope, receive, send):
            seen.append(active(monitor))
            clock.advance(1)
            await send(ACCEPT)
            seen.append(active(monitor))
            clock.advance(2)
            await send(close())
            seen.append(active(monitor))
            clock.advance(60)

        serve(measured(talk, monitor), websocket_scope())

        assert [0, 1, 0] == seen
        assert (1, 3) == durations(monitor)

    def test_messages_reach_both_sides_as_they_are(self, monitor):
        """Both sides get the very objects that the other has sent."""
        script = [CONNECT, {"type": "websocket.receive", "text": "a"}, left(1000)]
        messages = [ACCEPT, {"type": "websocket.send", "bytes": b"x"}]
        heard = []

        async def listen(scope, receive, send):
            for _ in script:
                heard.append(await receive())

        async def main():
            async def app(scope, receive, send):
                heard.append(await receive())
                await sending(*messages)(scope, receive, send)
                heard.extend([await receive(), await receive()])

            server = AsgiServer(websocket_scope(), script)
            return await server.run(measured(app, monitor)), server.got

        answer, got = asyncio.run(main())

        assert None is answer.error
        assert all(one is other for one, other in zip(messages, got, strict=True))
        assert all(one is other for one, other in zip(script, heard, strict=True))


class TestRefused:
    def test_with_a_close(self, monitor):
        """A close before accept is answered with 403 by the server, whatever its code."""
        check(monitor, sending(close(1008)), "403", accepted=False)

    @pytest.mark.parametrize("parts", [[b"no"], [b"no", b"and no again"], []])
    def test_with_a_response(self, monitor, parts):
        """A denial response counts with its status."""
        begin = {"type": "websocket.http.response.start", "status": 401, "headers": []}
        kind = "websocket.http.response.body"
        bodies = [{"type": kind, "body": part, "more_body": True} for part in parts] + [{"type": kind}]

        answer = check(monitor, sending(begin, *bodies), "401", accepted=False, **DENIAL)

        assert (401, b"".join(parts)) == (answer.status, answer.body)

    def test_with_a_response_that_is_never_finished(self, monitor):
        """A denial response that stops in the middle has been one all the same."""
        begin = {"type": "websocket.http.response.start", "status": 401, "headers": []}

        check(monitor, sending(begin), "401", accepted=False, **DENIAL)

    def test_with_an_exception(self, monitor):
        """An exception before accept is answered with 500 by the server."""
        boom = BoomError()

        async def app(scope, receive, send):
            raise boom

        check(monitor, app, "500", accepted=False, error=boom)

    def test_without_a_word(self, monitor):
        """An application that just returns makes the server answer 500."""
        check(monitor, sending(), "500", accepted=False)

    def test_by_the_client(self, monitor):
        """A client that does not wait for the handshake is a 499, as with any request."""
        check(monitor, hear, "499", script=[CONNECT, left(1006)], accepted=False)

    def test_by_a_cancellation(self, monitor):
        """A handshake that is cancelled is a 499, as any request."""
        answer = _cancelled_at("websocket.accept", monitor)

        assert isinstance(answer.error, asyncio.CancelledError)
        assert {(UNMATCHED, "499"): 1} == codes(monitor)
        assert 0 == active(monitor)


def _cancelled_at(kind, monitor):
    async def main():
        async def on_send(message):
            if message["type"] == kind:
                server.task.cancel()
                await asyncio.sleep(0)

        server = AsgiServer(websocket_scope(), on_send=on_send)
        return await server.run(measured(sending(ACCEPT, {"type": "websocket.send", "text": "x"}), monitor))

    return asyncio.run(main())
