"""Files of objectives: what they mean, and what is said of one that is wrong."""

from __future__ import annotations

import pytest

from mcp_perf.promql import WINDOWS
from mcp_perf.remote.survey import usual
from mcp_perf.rules.conditions import alerts
from mcp_perf.rules.load import CONDITIONS
from mcp_perf.rules.objectives import BURNS, Burn, Latency, Tuning
from mcp_perf.rules.slo_file import read
from mcp_perf.rules.subject import Subject
from mcp_perf.signals import DATABASE, HTTP, WORKFLOWS

BOUNDS = (0.1, 0.25, 1.0)


@pytest.fixture
def said(tmp_path):
    """What a file with this text says."""
    path = tmp_path / "slo.yml"

    def said(text):
        path.write_text(text)
        return read(path, lambda signal: BOUNDS)

    return said


def test_objectives(said) -> None:
    """Labels tell what an objective is of: requests, operations or steps; without any it is all requests."""
    found = said(
        """
        min_events: 5
        objectives:
          - {name: all, availability: 99}
          - {name: route, job: [a, b], route: /x, method: GET, availability: 99.95, min_events: 0}
          - {name: reads, operation: select, table: t, latency: {threshold: 1, share: 95}}
          - {name: steps, workflow: w, availability: 50, latency: {threshold: 0.25, share: 5}}
        """
    ).objectives
    assert ["all", "route", "reads", "steps"] == [one.name for one in found]
    assert [HTTP, HTTP, DATABASE, WORKFLOWS] == [one.signal for one in found]
    assert [5, 0, 5, 5] == [one.least for one in found]
    assert [99, 99.95, None, 50] == [one.availability for one in found]
    assert [None, None, Latency(1.0, 95.0), Latency(0.25, 5.0)] == [one.latency for one in found]
    assert ((), ('job=~"a|b"', 'method="GET"', 'route="/x"')) == (found[0].matchers, found[1].matchers)


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("'/a.b'", 'route="/a.b"'),
        ("['/a.b', '/{c}']", r'route=~"/a\\.b|/\\{c\\}"'),
        (r'"a\"b\\c\nd"', r'route="a\"b\\c\nd"'),
        (r'["a\\", "b"]', r'route=~"a\\\\|b"'),
        ("['/a', '/a']", 'route="/a"'),
        ("'<unmatched>'", 'route="<unmatched>"'),
    ],
)
def test_values(said, yaml, expected) -> None:
    """A value means itself, whatever its characters."""
    [found] = said(f"objectives: [{{name: a, availability: 99, route: {yaml}}}]").objectives
    assert (expected,) == found.matchers


def test_empty(said) -> None:
    """A mapping with nothing has no objectives, and the usual burn rates."""
    found = said("{}")
    assert ((), BURNS, WINDOWS) == (found.objectives, found.burns, found.windows(WINDOWS))


def test_windows(said) -> None:
    """Windows may be others; they are recorded beside the usual ones."""
    found = said("windows: [{long: 60m, short: 30s, factor: 2, severity: page}]")
    assert (Burn(2, "1h", "30s", "page"),) == found.burns
    assert ("30s", *WINDOWS) == found.windows(WINDOWS)


def test_alerts(said) -> None:
    """Alerts are switched off or tuned by their names."""
    found = said("alerts: {Exceptions: off, HighLatency: {threshold: 0.5, for: 1h, severity: page}}").alerts
    expected = {"Exceptions": Tuning(enabled=False), "HighLatency": Tuning(True, "page", "1h", 0.5)}
    assert expected == found


def objective(text):
    return f"objectives: [{{name: a, availability: 99}}, {text}]"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "",
            "the file must be a mapping with some of objectives, min_events, windows, interval, alerts, not",
        ),
        ("- a", "the file must be a mapping with some of"),
        (
            "objective: []",
            "the file must have none but objectives, min_events, windows, interval, alerts, not",
        ),
        ("objectives: {}", "objectives must be a list, not {}"),
        (
            "objectives: [a]",
            "objectives[0] must be a mapping with some of name, job, method, route, operation",
        ),
        (objective("{availability: 9}"), "objectives[1] must have name"),
        (objective("{name: b, rout: /}"), "objectives[1] must have none but name, job, method, route"),
        (
            objective("{name: a, availability: 9}"),
            "objectives[1].name must be a name that no objective above has",
        ),
        (
            objective("{name: 'a b', availability: 9}"),
            "objectives[1].name must be at most 100 letters, digits",
        ),
        (objective("{name: 7, availability: 9}"), "objectives[1].name must be at most 100 letters, digits"),
        (objective("{name: b}"), "objectives[1] must be one with availability, latency or both, not {'name'"),
        (
            objective("{name: b, availability: 100}"),
            "objectives[1].availability must be a percentage above 1 and up to 99.999999, such as",
        ),
        *(
            (objective(f"{{name: b, availability: {text}}}"), f"up to 99.999999, such as 99.9, not {shown}")
            for text, shown in (
                *(("0", "0"), (".nan", "nan"), ("true", "True"), ("'99'", "'99'")),
                *(("0.999", "0.999"), ("1", "1"), ("99.99999999999999", "99.99999999999999")),
            )
        ),
        (
            objective("{name: b, route: 7, availability: 9}"),
            "objectives[1].route must be a text that is not empty",
        ),
        (
            objective("{name: b, route: [], availability: 9}"),
            "objectives[1].route must be a text that is not empty",
        ),
        (objective("{name: b, route: [/, ''], availability: 9}"), "objectives[1].route[1] must be a text"),
        (
            objective("{name: b, route: /, table: t, availability: 9}"),
            "objectives[1] must be one with labels of one",
        ),
        (
            objective("{name: b, latency: 1}"),
            "objectives[1].latency must be a mapping with some of threshold, share",
        ),
        (objective("{name: b, latency: {share: 9}}"), "objectives[1].latency must have threshold"),
        (
            objective("{name: b, latency: {threshold: 0.3, share: 9}}"),
            "objectives[1].latency.threshold must be one of the buckets' bounds (0.1, 0.25, 1), not 0.3",
        ),
        (
            objective("{name: b, latency: {threshold: -1, share: 9}}"),
            "threshold must be a number above 0 and below 1e+12, not -1",
        ),
        (
            objective("{name: b, latency: {threshold: 1, share: 0.99e3}}"),
            "latency.share must be a percentage",
        ),
        (
            objective("{name: b, min_events: -1, availability: 9}"),
            "objectives[1].min_events must be a whole number",
        ),
        ("min_events: 1.5", "min_events must be a whole number from 0 and below 1e+12, not 1.5"),
        (
            f"min_events: {'9' * 401}",
            "min_events must be a whole number from 0 and below 1e+12, not a number",
        ),
        (
            f"windows: [{{long: 1h, short: 5m, factor: {'9' * 401}, severity: page}}]",
            "windows[0].factor must be a number above 0 and below 1e+12, not a number that great",
        ),
        (
            "alerts: {HighErrorRate: {threshold: 5}}",
            "HighErrorRate.threshold must be a share above 0 and below",
        ),
        (
            "alerts: {InstancesDown: {threshold: 10}}",
            "must be a share above 0 and below 1, such as 0.05, not 10",
        ),
        (
            "alerts: {FileDescriptors: {threshold: 1}}",
            "must be a share above 0 and below 1, such as 0.05, not 1",
        ),
        ("interval: soon", "interval must be a duration from 1s, such as 90s, 5m, 1h30m or 3d, not 'soon'"),
        ("interval: 90", "interval must be a duration from 1s"),
        ("interval: 0s", "interval must be a duration from 1s"),
        (
            "windows: [{long: 1h, short: 1h, factor: 1, severity: page}]",
            "windows[0].short must be shorter than long",
        ),
        (
            "windows: [{long: 1h, short: 1m, factor: 0, severity: page}]",
            "windows[0].factor must be a number above 0",
        ),
        (
            "windows: [{long: 1h, short: 1m, factor: 1, severity: sms}]",
            "windows[0].severity must be one of page, ticket, info, not 'sms'",
        ),
        ("windows: [{long: 1h}]", "windows[0] must have short"),
        ("alerts: {Nobody: off}", "alerts must have none but ServiceDown"),
        (
            "alerts: {NoWorkers: on}",
            "alerts.NoWorkers must be off, or a mapping with some of severity, for, not True",
        ),
        (
            "alerts: {NoWorkers: {threshold: 1}}",
            "alerts.NoWorkers must have none but severity, for, not 'threshold'",
        ),
        (
            "alerts: {HighLatency: {threshold: 2}}",
            "alerts.HighLatency.threshold must be at most 1, the greatest of the buckets' bounds, not 2",
        ),
        ("alerts: {HighLatency: {for: 1}}", "alerts.HighLatency.for must be a duration"),
        ("a: [", " is no YAML at line 1: "),
        ("a: 1\na: 2", " is no YAML at line 2: the key 'a' is there twice"),
        ("a: !!python/name:os.system", " is no YAML at line 1: could not determine a constructor"),
        ("\0", " is no YAML"),
    ],
)
def test_wrong(said, text, expected) -> None:
    """A file that is wrong is refused in one sentence: file, place, what is allowed, what is there."""
    with pytest.raises(ValueError, match=r".") as caught:
        said(text)
    assert expected in str(caught.value)
    assert "slo.yml" in str(caught.value)
    assert "\n" not in str(caught.value)


BOMB = "\n".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10))
MERGES = "\n".join(
    f"a{level}: &a{level} {{<<: [{', '.join([f'*a{level - 1}'] * 9)}]}}" for level in range(1, 10)
)


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        f"a0: &a0 [x]\n{BOMB}\nobjectives: *a9",
        f"a0: &a0 {{x: 1}}\n{MERGES}\nobjectives: [*a9]",
        f"objectives: [{'[' * 20}{'x' * 100_000}{']' * 20}]",
        f"{'k' * 100_000}: 1",
        f"objectives: [{'9' * 4000}]",
    ],
)
def test_endless(said, text) -> None:
    """A file that is endless in some way is refused at once, in a sentence that can be read."""
    with pytest.raises(ValueError, match=r"slo\.yml") as caught:
        said(text)
    assert len(str(caught.value)) < 600


def test_aliases(said) -> None:
    """What is the same several times may be said once."""
    found = said(
        "objectives: [{name: a, latency: &quick {threshold: 1, share: 99}}, {name: b, latency: *quick}]"
    )
    assert [Latency(1.0, 99.0)] * 2 == [one.latency for one in found.objectives]


def test_thresholds_of_all_digits(said) -> None:
    """A threshold stands in the alert as it was written."""
    subject = Subject(usual("mcp"))
    [*_, errors, _, _] = alerts(
        subject, CONDITIONS, said("alerts: {HighErrorRate: {threshold: 0.9999999}}").alerts
    )
    assert "> 0.9999999 and" in errors.expression


@pytest.mark.parametrize("text", ["\xff\xfe\xff".encode("latin-1"), b"[" * 5000, b"&a [*a]", b"&a {b: *a}"])
def test_no_text(tmp_path, text) -> None:
    """Bytes that are no YAML, or go round in a circle, are refused as well."""
    path = tmp_path / "slo.yml"
    path.write_bytes(text)
    with pytest.raises(ValueError, match=r"slo\.yml"):
        read(path, lambda signal: BOUNDS)
