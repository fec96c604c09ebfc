"""The setting `access`, and what the environment says."""

import pytest
from support.access import status

from mcp_perf.access import OFF, OPEN, access_of, all_of, any_of, basic, bearer, from_environment, networks

TOKEN = bearer("right")
PAGES = ("metrics", "summary", "dashboard", "*")


def test_open_unless_set() -> None:
    """Without the setting all pages are open to all."""
    assert {**dict.fromkeys(PAGES, OPEN), "profile": OFF} == dict(access_of(None))
    assert 200 == status(OPEN)


def test_one_rule() -> None:
    """One rule or callable is for all pages."""
    assert {**dict.fromkeys(PAGES, TOKEN), "profile": OFF} == dict(access_of(TOKEN))
    rules = access_of(lambda asked: asked.client == "10.0.0.1")
    assert [(200, 403)] * 4 == [(status(rules[page], "10.0.0.1"), status(rules[page], "")) for page in PAGES]


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"metrics": TOKEN}, (TOKEN, OPEN, OPEN, OPEN)),
        ({"summary": TOKEN}, (OPEN, TOKEN, TOKEN, OPEN)),
        ({"summary": TOKEN, "dashboard": None}, (OPEN, TOKEN, OPEN, OPEN)),
        ({"dashboard": TOKEN}, (OPEN, OPEN, TOKEN, OPEN)),
        ({"*": TOKEN}, (TOKEN, TOKEN, TOKEN, TOKEN)),
        ({"*": TOKEN, "metrics": None}, (OPEN, TOKEN, TOKEN, TOKEN)),
        ({"*": None, "metrics": TOKEN}, (TOKEN, OPEN, OPEN, OPEN)),
        ({"metrics": None}, (OPEN, OPEN, OPEN, OPEN)),
    ],
)
def test_pages(setting, expected) -> None:
    """Each page may have its own rule or be open; ``*`` is for those that are not named."""
    assert {**dict(zip(PAGES, expected, strict=True)), "profile": OFF} == dict(access_of(setting))


def test_profile_is_off_until_it_is_named() -> None:
    """A profile has a rule only where it is named: neither one rule for all nor ``*`` enables it."""
    found = access_of({"profile": TOKEN})
    assert (TOKEN, OPEN) == (found["profile"], found["summary"])
    assert OFF is access_of({"*": TOKEN})["profile"]
    assert 403 == status(OFF)


OPEN_RULES = [
    None,
    OPEN,
    any_of(TOKEN, OPEN),
    all_of(OPEN, any_of(TOKEN, any_of(OPEN))),
    networks("10.0.0.0/8", "::/0"),
    any_of(TOKEN, networks("0.0.0.0/1", "128.0.0.0/1")),
]


@pytest.mark.parametrize("rule", OPEN_RULES)
def test_profile_cannot_be_open(rule) -> None:
    """What would let everybody have a profile is refused."""
    with pytest.raises(ValueError, match=r"^access\['profile'\] must be a rule that does not let everybody"):
        access_of({"profile": rule})


@pytest.mark.parametrize("rule", [all_of(OPEN, TOKEN), any_of(TOKEN, networks("10.0.0.0/8", "unix"))])
def test_profile_behind_combined_rules(rule) -> None:
    """What keeps anybody out is a rule for profiles, whatever it is made of."""
    assert rule is access_of({"profile": rule})["profile"]


def _no_argument():
    return True


def _two_arguments(asked, other):
    return True


def _generator(asked):
    yield True


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("s3cret", "^access must be a rule such as bearer.*not something of type str$"),
        (b"s3cret", "not something of type bytes$"),
        (["s3cret"], "not something of type list$"),
        (True, "not something of type bool$"),
        (5, "not something of type int$"),
        (_no_argument, "a callable that takes the request and says True or False"),
        (_two_arguments, "a callable that takes the request"),
        (_generator, "a callable that takes the request"),
        (dict, "not something of type type$"),
        *((maker, "not the function that makes one$") for maker in (bearer, basic, networks, any_of, all_of)),
        (
            {},
            r"^access must name pages, each one of "
            r"'metrics', 'summary', 'dashboard', 'profile', '\*', at least one$",
        ),
        ({"s3cret": TOKEN}, "^access must name pages"),
        ({"metrics": TOKEN, 5: TOKEN}, "^access must name pages"),
        ({"metrics": "s3cret"}, r"^access\['metrics'\] must be a rule .* type str$"),
        ({"*": {"metrics": TOKEN}}, r"^access\['\*'\] must be a rule .* type dict$"),
    ],
)
def test_wrong_setting(setting, message) -> None:
    """What is no rule is refused at once, in a sentence that says what is allowed, not what it was."""
    with pytest.raises(ValueError, match=message) as caught:
        access_of(setting)
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "environ", [{}, {"MCP_PERF_TOKEN": ""}, {"MCP_PERF_TOKEN": "", "MCP_PERF_TOKEN_FILE": ""}]
)
def test_environment_says_nothing(environ) -> None:
    """Variables that are missing or empty give no rule."""
    assert from_environment(environ) is None


def test_token_in_the_environment(tmp_path) -> None:
    """A token, a file of tokens, or both, come from the environment."""
    file = tmp_path / "tokens"
    file.write_text("two\n")
    both = {"MCP_PERF_TOKEN": "one\n", "MCP_PERF_TOKEN_FILE": str(file)}
    for names, expected in [
        (["MCP_PERF_TOKEN"], [200, 401]),
        (["MCP_PERF_TOKEN_FILE"], [401, 200]),
        (list(both), [200, 200]),
    ]:
        rule = from_environment({name: both[name] for name in names})
        assert expected == [status(rule, authorization=f"Bearer {token}") for token in ("one", "two")]


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"MCP_PERF_TOKEN": "my s3cret"}, "^MCP_PERF_TOKEN must be visible ASCII characters without spaces"),
        ({"MCP_PERF_TOKEN": " \n"}, "^MCP_PERF_TOKEN must be visible ASCII"),
        (
            {"MCP_PERF_TOKEN_FILE": "s3cret"},
            r"^MCP_PERF_TOKEN_FILE must be a file with a token on each line, but it cannot be read \(No such",
        ),
    ],
)
def test_wrong_environment(environ, message) -> None:
    """A wrong variable is an error that names it, and not what is in it."""
    with pytest.raises(ValueError, match=message) as caught:
        from_environment(environ)
    assert "s3cret" not in str(caught.value)
