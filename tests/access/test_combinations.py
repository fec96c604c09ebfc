"""Rules made of rules, and what a refusal by several of them says."""

import pytest
from support.access import basic_header, status, verdict

from mcp_perf.access import Verdict, all_of, any_of, basic, bearer, networks

BEARER, BASIC = 'Bearer realm="metrics"', 'Basic realm="metrics", charset="UTF-8"'
HOME = networks("10.0.0.0/8")
TOKEN = bearer("right")
USER = basic({"ann": "one"})


def test_any_of() -> None:
    """One that allows is enough, whichever it is."""
    rule = any_of(HOME, TOKEN, USER)
    assert 200 == status(rule, "10.0.0.1")
    assert 200 == status(rule, "10.0.0.1", authorization="Bearer wrong")
    assert 200 == status(rule, "192.0.2.1", authorization="Bearer right")
    assert 200 == status(rule, "192.0.2.1", authorization=basic_header("ann", "one"))


def test_any_of_refuses() -> None:
    """Where credentials can help, it is 401 with all the challenges, each once; where none can, 403."""
    rule = any_of(HOME, TOKEN, USER, bearer("other"))
    assert Verdict(False, 401, (BEARER, BASIC)) == verdict(rule, "192.0.2.1")
    assert Verdict(False, 403) == verdict(any_of(HOME, lambda asked: False), "192.0.2.1")


def test_all_of() -> None:
    """All have to allow: a right token from elsewhere is 403, none from here 401."""
    for rule in (all_of(HOME, TOKEN), all_of(TOKEN, HOME)):
        assert 200 == status(rule, "10.0.0.1", authorization="Bearer right")
        assert Verdict(False, 401, (BEARER,)) == verdict(rule, "10.0.0.1")
        assert Verdict(False, 403) == verdict(rule, "192.0.2.1", authorization="Bearer right")


def test_outsider_learns_nothing() -> None:
    """From outside of the network a right and a wrong token are answered alike, in either order."""
    for rule in (all_of(HOME, TOKEN), all_of(TOKEN, HOME)):
        answers = {
            verdict(rule, "192.0.2.1", authorization=f"Bearer {token}") for token in ("right", "wrong")
        }
        assert {Verdict(False, 403)} == answers


def test_not_asked_without_need() -> None:
    """A callable is not asked where the rule before it has decided."""
    asked = []
    assert 200 == status(any_of(HOME, lambda one: asked.append(one)), "10.0.0.1")
    assert 403 == status(all_of(HOME, lambda one: asked.append(one)), "192.0.2.1")
    assert [] == asked


def test_nested() -> None:
    """Combinations are rules too, async where anything in them is."""

    async def is_local(asked):
        return asked.client == "127.0.0.1"

    rule = any_of(all_of(HOME, any_of(TOKEN, USER)), is_local)
    assert rule.is_async
    assert not any_of(HOME, TOKEN, lambda asked: True).is_async
    assert 200 == status(rule, "127.0.0.1")
    assert 200 == status(rule, "10.0.0.1", authorization=basic_header("ann", "one"))
    assert Verdict(False, 401, (BEARER, BASIC)) == verdict(rule, "10.0.0.1")
    assert Verdict(False, 403) == verdict(rule, "192.0.2.1", authorization="Bearer right")


@pytest.mark.parametrize("combine", [any_of, all_of])
@pytest.mark.parametrize("rules", [(), (None,), (TOKEN, "s3cret"), ([TOKEN],), (bearer,), (str,)])
def test_wrong_rules(combine, rules) -> None:
    """No rule at all, and what is none, is refused at once."""
    with pytest.raises(ValueError, match=f"^{combine.__name__} must be ") as caught:
        combine(*rules)
    assert "s3cret" not in str(caught.value)
