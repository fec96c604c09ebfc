"""Secrets are compared in constant time, and are nowhere to be read."""

import copy
import hmac
import pickle
import traceback

import pytest
from support.access import basic_header, request, status

from mcp_perf.access import all_of, any_of, basic, bearer, networks

SECRET = "s3cret"


@pytest.fixture
def comparisons(monkeypatch):
    """The pairs that were compared."""
    pairs = []
    real = hmac.compare_digest

    def compare(left, right):
        pairs.append((left, right))
        return real(left, right)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    return pairs


@pytest.mark.parametrize("token", ["first", "second", "third", "wrong", "x" * 10_000, "é"])
def test_all_tokens_are_compared(tmp_path, comparisons, token) -> None:
    """Whichever token comes, it is compared with each there is, by values of one length."""
    (tmp_path / "file").write_text("of\nthe\nfile")
    rule = bearer("first", "second", "third", file=tmp_path / "file")
    rule.decide(request(authorization=f"Bearer {token}"))
    assert 6 == len(comparisons)
    assert {32} == {len(side) for pair in comparisons for side in pair}


@pytest.mark.parametrize("name", ["ann", "bob", "nobody", ""])
def test_all_users_are_compared(comparisons, name) -> None:
    """A name that nobody has takes as many comparisons as any other."""
    basic({"ann": "one", "bob": "two", "zoë": "x" * 999}).decide(
        request(authorization=basic_header(name, "one"))
    )
    assert 3 == len(comparisons)
    assert {32} == {len(side) for pair in comparisons for side in pair}


def _rules(tmp_path):
    (tmp_path / "file").write_text(SECRET)
    one, two = bearer(SECRET, file=tmp_path / "file"), basic({"ann": SECRET})
    return [one, two, any_of(one, two), all_of(networks("10.0.0.0/8"), one)]


def test_nothing_shows_a_secret(tmp_path) -> None:
    """No repr, str or attribute of a rule, however deep, has a secret; a repr is still of use."""

    def reached(thing):
        yield repr(thing)
        for inner in vars(thing).values() if hasattr(thing, "__dict__") else ():
            yield from reached(inner)
        if isinstance(thing, (tuple, list)):
            for inner in thing:
                yield from reached(inner)

    for rule in _rules(tmp_path):
        assert not [text for text in (*reached(rule), str(rule), f"{rule}") if SECRET in text]
    assert f"bearer(2 given, file={str(tmp_path / 'file')!r})" == repr(
        bearer("a", "b", file=tmp_path / "file")
    )
    assert "any_of(bearer(1 given), basic(1 given))" == repr(any_of(bearer("a"), basic({"a": "b"})))


def test_no_pickle_of_secrets(tmp_path) -> None:
    """A rule is not pickled, and a copy is the rule itself, as nothing of it can change."""
    for rule in _rules(tmp_path):
        with pytest.raises(TypeError, match=r"^an access rule cannot be pickled, since it holds secrets"):
            pickle.dumps(rule)
        assert rule is copy.copy(rule)
        assert rule is copy.deepcopy(rule)


@pytest.mark.parametrize(
    "make",
    [
        lambda: bearer(f"{SECRET} "),
        lambda: bearer(file=SECRET),
        lambda: basic({SECRET: ""}),
        lambda: basic({"ann": SECRET + "\n"}),
        lambda: any_of(SECRET),
        lambda: all_of({"ann": SECRET}),
    ],
)
def test_no_error_with_a_secret(make) -> None:
    """A wrong setting's error has no secret, nor has anything it was raised from."""
    with pytest.raises(ValueError, match="must be") as caught:
        make()
    error = caught.value
    while error is not None:
        assert SECRET not in "".join(traceback.format_exception_only(type(error), error))
        error = error.__context__


def test_same_secrets_do_not_look_alike() -> None:
    """Two rules with one token keep different digests of it, and both know it."""
    rules = bearer(SECRET), bearer(SECRET)
    assert [200, 200] == [status(rule, authorization=f"Bearer {SECRET}") for rule in rules]
