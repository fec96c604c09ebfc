"""The setting `access`, and what the environment says of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .combinations import rule_of
from .rules import OFF, OPEN, Rule
from .tokens import build

OTHERS = "*"
SUMMARY, DASHBOARD, PROFILE = "summary", "dashboard", "profile"
PAGES = ("metrics", SUMMARY, DASHBOARD, PROFILE, OTHERS)


def access_of(setting: object) -> Mapping[str, Rule]:
    """The rule of each of `PAGES`: `OPEN` where there is none, ``*`` for all pages that are not named.

    A dashboard that is not named has the rule of the summary. A profile shows code and costs processor time:
    it is `OFF` unless it is named itself, whatever is said of all pages, and it cannot be open to all.

    `setting` is None, one rule or callable for all pages, or a mapping of pages to these. ValueError, without
    the value, where it is something else.
    """
    if setting is None:
        return MappingProxyType({**dict.fromkeys(PAGES, OPEN), PROFILE: OFF})
    if not isinstance(setting, Mapping):
        return MappingProxyType({**dict.fromkeys(PAGES, rule_of("access", setting)), PROFILE: OFF})
    if not setting or not all(page in PAGES for page in setting):
        raise ValueError(f"access must name pages, each one of {', '.join(map(repr, PAGES))}, at least one")
    rules = {page: _rule(page, rule) for page, rule in setting.items()}
    others = rules.get(OTHERS, OPEN)
    # What the dashboard shows is the summary: whoever may not read that may not see it.
    found = {page: rules.get(page, others) for page in PAGES}
    dashboard, profile = rules.get(DASHBOARD, found[SUMMARY]), rules.get(PROFILE, OFF)
    return MappingProxyType({**found, DASHBOARD: dashboard, PROFILE: profile})


def from_environment(environ: Mapping[str, str]) -> Rule | None:
    """The rule that the environment gives for all pages, None where it gives none."""
    token, file = environ.get("MCP_PERF_TOKEN"), environ.get("MCP_PERF_TOKEN_FILE")
    if not token and not file:
        return None
    # `$(cat file)`, and secrets that an editor has written, end in a newline.
    tokens = (token.strip(),) if token else ()
    return build(tokens, file or None, "MCP_PERF_TOKEN", "MCP_PERF_TOKEN_FILE")


def _rule(page: str, rule: object) -> Rule:
    found = OPEN if rule is None else rule_of(f"access[{page!r}]", rule)
    if page == PROFILE and found.is_open:
        raise ValueError(
            f"access[{page!r}] must be a rule that does not let everybody in, since profiles show code and "
            "cost processor time; leave it out to have none"
        )
    return found
