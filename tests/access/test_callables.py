"""A callable of the user's own decides; whatever goes wrong in it refuses."""

import asyncio
import contextvars
import functools
import threading
from unittest.mock import Mock

import pytest
from support.access import messages, request, status, verdict

from mcp_perf.access import Verdict, all_of, any_of, bearer


def rule_of(function):
    return any_of(function)


async def _later(asked):
    await asyncio.sleep(0)
    return asked.client == "10.0.0.1"


class _Object:
    def __call__(self, asked):
        return asked.client == "10.0.0.1"


class _AsyncObject:
    async def __call__(self, asked):
        return await _later(asked)

    async def method(self, asked):
        return await _later(asked)


@pytest.mark.parametrize(
    ("function", "is_async"),
    [
        (lambda asked: asked.client == "10.0.0.1", False),
        (_Object(), False),
        (functools.partial(lambda client, asked: asked.client == client, "10.0.0.1"), False),
        (_later, True),
        (_AsyncObject(), True),
        (_AsyncObject().method, True),
        (functools.partial(_later), True),
        (lambda asked: _later(asked), False),
    ],
)
def test_any_kind(function, is_async) -> None:
    """Functions, methods, partials and objects, sync and async, and what gives an awaitable, all decide."""
    rule = rule_of(function)
    assert is_async == rule.is_async
    assert Verdict(True, 200) == verdict(rule, "10.0.0.1")
    assert Verdict(False, 403) == verdict(rule, "10.0.0.2")


def test_async_in_a_thread() -> None:
    """An async callable decides in a thread that has no event loop, while one runs elsewhere."""

    async def main():
        return await asyncio.to_thread(rule_of(_later).decide, request("10.0.0.1"))

    assert asyncio.run(main()).allowed


def test_event_loop_goes_on() -> None:
    """A callable that blocks is called in a thread: the event loop goes on."""
    goes_on = threading.Event()

    async def main():
        asyncio.get_running_loop().call_soon(goes_on.set)
        return await rule_of(lambda asked: goes_on.wait(60)).decide_async(request())

    assert asyncio.run(main()).allowed


def test_own_verdict() -> None:
    """A callable may give a verdict, with a challenge of its own."""
    own = Verdict(False, 401, ('Digest realm="x"',))
    assert own == verdict(rule_of(lambda asked: own))
    assert Verdict(True, 200) == verdict(
        rule_of(lambda asked: bearer("x").decide(asked)), authorization="Bearer x"
    )


@pytest.mark.parametrize("values", [(True, 401), (False, 200), (True, 403), (False, 500)])
def test_impossible_verdict(values) -> None:
    """A verdict whose status says something else than itself cannot be made."""
    with pytest.raises(ValueError, match="status must be 200 of what is allowed"):
        Verdict(*values)


def test_refused_verdict_is_false() -> None:
    """A verdict is true only where it allows."""
    assert [True, False] == [bool(Verdict(True, 200)), bool(Verdict(False, 403))]


def _raising(error):
    def function(asked):
        raise error

    return function


async def _raising_later(asked):
    raise KeyError(asked.header("authorization"))


def _generator():
    yield True


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (_raising(ValueError("s3cret")), ["raised ValueError at ", "test_callables.py:"]),
        (_raising(StopIteration(True)), ["raised StopIteration at "]),
        (_raising(asyncio.TimeoutError()), ["raised TimeoutError at "]),
        (_raising(asyncio.CancelledError()), ["raised CancelledError at "]),
        (_raising_later, ["_raising_later raised KeyError at ", "test_callables.py:"]),
        (lambda asked: _raising_later(asked), ["raised KeyError at "]),
        (max, ["the access rule max raised TypeError"]),
        (lambda asked: asked.nothing, ["raised AttributeError at "]),
        (lambda asked: None, ["gave NoneType where True or False was due"]),
        (lambda asked: "yes", ["gave str where True or False was due"]),
        (lambda asked: 1, ["gave int where"]),
        (lambda asked: Mock(), ["gave Mock where"]),
        (lambda asked: _generator(), ["gave generator where"]),
        (functools.partial(_raising(OSError("s3cret"))), ["function raised OSError"]),
    ],
)
def test_fault(caplog, function, words) -> None:
    """What raises, or says neither True nor False, refuses; the log says so once, where, and no secret."""
    rule = rule_of(function)
    for _ in range(3):
        assert Verdict(False, 403) == verdict(rule, authorization="Bearer s3cret")
    (message,) = messages(caplog)
    assert not [word for word in words if word not in message]
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("function", [_later, lambda asked: _later(asked)])
def test_sync_face_in_an_event_loop(caplog, function) -> None:
    """What would have to be awaited by the very thread that waits for it refuses, and the log says why."""

    async def main():
        return rule_of(function).decide(request("10.0.0.1"))

    assert Verdict(False, 403) == asyncio.run(main())
    assert "could not be awaited: RuntimeError" in caplog.text


def test_cancelled() -> None:
    """A request that is cancelled while its callable waits is cancelled, and nothing else."""

    async def forever(asked):
        await asyncio.Event().wait()

    async def main():
        task = asyncio.ensure_future(rule_of(forever).decide_async(request()))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())


def test_rule_that_awaits_what_somebody_has_cancelled(caplog) -> None:
    """A rule that awaits something cancelled refuses; the request goes on."""

    async def main():
        shared = asyncio.get_running_loop().create_future()
        shared.cancel()

        async def rule(asked):
            return await shared

        return await rule_of(rule).decide_async(request())

    assert Verdict(False, 403) == asyncio.run(main())
    assert "raised CancelledError" in caplog.text


def test_another_kind_of_event_loop() -> None:
    """A rule is awaited by whatever runs the application: nothing of asyncio's is needed for it."""

    async def rule(asked):
        return True

    asked = rule_of(rule).decide_async(request())
    with pytest.raises(StopIteration) as ended:
        asked.send(None)
    assert Verdict(True, 200) == ended.value.value


def test_rule_that_hangs(caplog, monkeypatch) -> None:
    """A rule that is awaited for too long refuses."""
    monkeypatch.setattr("mcp_perf.access.callables._PATIENCE", 0.01)

    async def forever(asked):
        await asyncio.Event().wait()

    assert Verdict(False, 403) == asyncio.run(rule_of(forever).decide_async(request()))
    assert "took more than" in caplog.text


def test_sync_rule_that_hangs(caplog, monkeypatch) -> None:
    """A rule that hangs in its thread refuses in time, and keeps no other question from its answer."""
    monkeypatch.setattr("mcp_perf.access.callables._PATIENCE", 0.2)
    monkeypatch.setattr("mcp_perf.access.callables._MOST_AT_ONCE", 3)
    gate = threading.Event()

    def rule(asked):
        return asked.client == "10.0.0.1" or gate.wait(60)

    hanging = rule_of(rule)

    async def main(clients):
        return await asyncio.gather(*(hanging.decide_async(request(client)) for client in clients))

    try:
        first = asyncio.run(main(["10.0.0.2", "10.0.0.1"]))
        assert [403, 200] == [verdict.status for verdict in first]
        assert "took more than 0.2 s" in caplog.text
        asyncio.run(main(["10.0.0.2", "10.0.0.2"]))
        assert [Verdict(False, 403)] == asyncio.run(main(["10.0.0.1"])), "three hang already"
    finally:
        gate.set()


def test_sync_rule_that_ends_its_thread(caplog) -> None:
    """A rule that asks the interpreter to exit refuses, and nothing ends."""

    async def main():
        return await rule_of(_raising(SystemExit(1))).decide_async(request())

    assert Verdict(False, 403) == asyncio.run(main())
    assert "raised SystemExit" in caplog.text


def test_sync_rule_sees_the_context() -> None:
    """A rule that is called in a thread sees the context variables of whoever asks."""
    variable = contextvars.ContextVar("variable", default=False)

    async def main():
        variable.set(True)
        return await rule_of(lambda asked: variable.get()).decide_async(request())

    assert asyncio.run(main()).allowed


def test_repr_without_arguments() -> None:
    """A callable shows by its name, without the arguments of a partial, which may be secret."""

    def check(token, asked):
        return asked.header("authorization") == token

    rule = all_of(functools.partial(check, "s3cret"), _Object())
    assert "all_of(test_repr_without_arguments.<locals>.check, _Object)" == repr(rule)
    assert 200 != status(rule)
