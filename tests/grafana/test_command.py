"""``mcp-perf dashboards``: what it writes, what it leaves, and what it refuses."""

from __future__ import annotations

import json

import pytest

from mcp_perf import PerformanceMonitor
from mcp_perf.access import bearer
from mcp_perf.cli import main

OVERVIEW = "dashboards/mcp-overview.json"
PROVIDER = "provisioning/dashboards/mcp_perf.yaml"
SOURCE = "provisioning/datasources/mcp_perf.yaml"


@pytest.fixture
def out(tmp_path):
    pytest.importorskip("grafana_foundation_sdk")  # which Python 3.10 has not
    return tmp_path / "out"


def refusal(capsys, out, *words):
    """What the command says when it fails."""
    assert 1 == main(["dashboards", "--out", str(out), *words])
    error = capsys.readouterr().err
    assert 1 == error.count("\n")
    return error.removeprefix("mcp-perf dashboards: error: ").strip()


def test_files(out, capsys) -> None:
    """It writes dashboards and provisioning, and says which files these are."""
    assert 0 == main(["dashboards", "--out", str(out)])
    said = capsys.readouterr().out.splitlines()
    written = {str(path) for path in out.rglob("*") if path.is_file()}
    assert written == set(said)
    assert {str(out / name) for name in (OVERVIEW, PROVIDER, SOURCE)} <= written


def test_options(out) -> None:
    """Titles, folder, data source and where Grafana finds the files are as they were asked for."""
    words = {
        "--title-prefix": "Shop ",
        "--folder": 'a "folder"',
        "--datasource": "thanos",
        "--prometheus": "http://thanos:10902",
        "--path": "/srv/dashboards",
        "--within": "0.25",
    }
    assert 0 == main(["dashboards", "--out", str(out), *(one for pair in words.items() for one in pair)])
    overview = json.loads((out / OVERVIEW).read_text())
    assert "Shop Service overview" == overview["title"]
    assert "thanos" == overview["templating"]["list"][0]["current"]["value"]
    assert "Within 0.25 s" in {panel["title"] for panel in overview["panels"]}
    provider, source = (out / PROVIDER).read_text(), (out / SOURCE).read_text()
    assert 'folder: "a \\"folder\\""\n' in provider
    assert 'path: "/srv/dashboards"\n' in provider
    assert 'uid: "thanos"\n' in source
    assert 'url: "http://thanos:10902"\n' in source


def test_namespace(out, monkeypatch) -> None:
    """Without a URL the namespace is that of the option, or of the environment."""
    monkeypatch.setenv("MCP_PERF_NAMESPACE", "env")
    assert 0 == main(["dashboards", "--out", str(out)])
    assert 0 == main(["dashboards", "--out", str(out), "--namespace", "opt"])
    for name in ("env", "opt"):
        assert f"{name}_http_requests_total" in (out / f"dashboards/{name}-overview.json").read_text()


def test_long_namespace(out) -> None:
    """A uid is as long as Grafana allows at most, and no two are the same."""
    assert 0 == main(["dashboards", "--out", str(out), "--namespace", "n" * 50])
    uids = [json.loads(path.read_text())["uid"] for path in (out / "dashboards").iterdir()]
    assert len(uids) == len(set(uids))
    assert max(map(len, uids)) <= 40


def test_again(out, capsys) -> None:
    """A dashboard that has been changed is replaced; provisioning that has been changed is not."""
    assert 0 == main(["dashboards", "--out", str(out)])
    changed = json.loads((out / OVERVIEW).read_text()) | {"title": "mine"}
    (out / OVERVIEW).write_text(json.dumps(changed))
    (out / SOURCE).write_text("mine")
    capsys.readouterr()
    assert 0 == main(["dashboards", "--out", str(out)])
    assert "mcp: Service overview" == json.loads((out / OVERVIEW).read_text())["title"]
    assert "mine" == (out / SOURCE).read_text()
    assert f"{out / SOURCE} (left as it is)" in capsys.readouterr().out.splitlines()
    assert 0 == main(["dashboards", "--out", str(out), "--force"])
    assert "mine" != (out / SOURCE).read_text()


@pytest.mark.parametrize("text", ['{"uid": "another"}', "{", "[]"])
def test_file_of_somebody_else(out, capsys, text) -> None:
    """A file that is none of these dashboards is replaced by --force only, and nothing is written then."""
    (out / "dashboards").mkdir(parents=True)
    (out / OVERVIEW).write_text(text)
    expected = f"{out / OVERVIEW} is not one of these dashboards: --force replaces it"
    assert expected == refusal(capsys, out)
    assert [out / OVERVIEW] == [path for path in out.rglob("*") if path.is_file()]
    assert 0 == main(["dashboards", "--out", str(out), "--force"])


def test_unwritable(out, capsys) -> None:
    """A directory that cannot be written is told."""
    out.write_text("a file")
    assert f"--out {out} cannot be written (Not a directory)" == refusal(capsys, out)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--namespace", "a-b"], "--namespace must be letters, digits and '_', no digit in front, not 'a-b'"),
        (["--within", "0.3"], "--within must be one of the buckets 0.005, "),
        (["127.0.0.1:1", "--namespace", "a"], "--namespace must be left out where there is a URL: "),
        (["ftp://host"], "URL must be one of http or https, not 'ftp://host'"),
        (["127.0.0.1:9"], "http://127.0.0.1:9 does not answer ("),
    ],
)
def test_wrong_option(out, capsys, words, expected) -> None:
    """A wrong option is told with its value and what is allowed."""
    assert refusal(capsys, out, *words).startswith(expected)


def test_wrong_namespace_in_the_environment(out, capsys, monkeypatch) -> None:
    """A wrong namespace in the environment is told under the variable's name."""
    monkeypatch.setenv("MCP_PERF_NAMESPACE", "1")
    assert refusal(capsys, out).startswith("MCP_PERF_NAMESPACE must be letters, digits")


@pytest.mark.parametrize("words", [[], ["--out", "d", "--within", "0"], ["--out", "d", "--within", "x"]])
def test_wrong_line(capsys, words) -> None:
    """Without a directory, or with what is no duration, the line is refused."""
    with pytest.raises(SystemExit):
        main(["dashboards", *words])
    assert "mcp-perf dashboards: error: " in capsys.readouterr().err


def test_access(out, capsys) -> None:
    """Who has a token is let in; who has not is told what the service answers."""
    with PerformanceMonitor(registry=None, access=bearer("secret")).serve(port=0) as server:
        url = f"127.0.0.1:{server.port}"
        assert "answers 401" in refusal(capsys, out, url)
        assert 0 == main(["dashboards", url, "--out", str(out), "--token", "secret"])


def test_without_the_sdk(capsys, monkeypatch, tmp_path) -> None:
    """Without Grafana's SDK it says how to get it."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    expected = (
        "mcp-perf dashboards needs grafana-foundation-sdk, for Python 3.11 or later: "
        "pip install 'mcp_perf[dashboards]'"
    )
    assert expected == refusal(capsys, tmp_path)
