"""Which directory a monitor's workers meet in."""

from __future__ import annotations

import pytest
from support.readings import value

from mcp_perf import PerformanceMonitor, monitor_call
from mcp_perf.adapters.wsgi import metrics_app


@pytest.fixture
def variable(tmp_path, monkeypatch):
    directory = tmp_path / "workers"
    monkeypatch.setenv("MCP_PERF_WORKER_DIR", str(directory))
    return directory


def test_variable_makes_siblings_of_the_same_monitor_of_each_process(variable) -> None:
    """Two monitors of one process share nothing, though the environment names one directory."""
    first, second = (PerformanceMonitor(registry=None, namespace="place_a") for _ in range(2))
    first.counter("jobs", "Jobs.").inc()
    second.snapshot()

    assert None is value(second, "jobs_total")
    assert {"place_a", "place_a-2"} == {path.name for path in variable.iterdir()}


def test_directory_that_was_given_wins(variable, tmp_path) -> None:
    """A directory that a monitor was given goes over the environment's."""
    PerformanceMonitor(registry=None, worker_dir=tmp_path / "mine").counter("jobs", "Jobs.").inc()

    assert ["mcp"] == [path.name for path in (tmp_path / "mine").iterdir()]
    assert [] == list(variable.rglob("*"))


def test_monitor_that_is_off_leaves_no_files(variable) -> None:
    """A monitor that measures nothing writes nothing."""
    monitor = PerformanceMonitor(registry=None, enabled=False)
    monitor.counter("jobs", "Jobs.").inc()
    monitor.render()

    assert [] == list(variable.rglob("*.index"))


@pytest.mark.parametrize("make", [PerformanceMonitor, lambda: monitor_call("job")])
def test_wrong_variable_fails_at_once(tmp_path, monkeypatch, make) -> None:
    """A variable that names a file is an error where the program starts, naming the variable."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MCP_PERF_WORKER_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("mcp_perf.default._default._monitor", None)

    with pytest.raises(ValueError, match="MCP_PERF_WORKER_DIR: worker_dir must be"):
        make()


@pytest.mark.parametrize("wrong", ["", 3, b"bytes", "a\0b"])
def test_wrong_directory_fails_at_once(wrong) -> None:
    """What is no path is an error that names the setting."""
    with pytest.raises(ValueError, match="worker_dir must be"):
        PerformanceMonitor(registry=None, worker_dir=wrong)


@pytest.mark.parametrize("wrong", [0, -1, float("inf"), float("nan"), True, "60"])
def test_wrong_retention_fails_at_once(wrong) -> None:
    """A retention that is no positive number of seconds is an error that names the setting."""
    with pytest.raises(ValueError, match="retention must be a positive number of seconds"):
        PerformanceMonitor(registry=None, retention=wrong)
    with pytest.raises(ValueError, match="retention must be"):
        PerformanceMonitor(registry=None).counter("jobs", "Jobs.", retention=wrong)


def test_wrong_multiprocess_mode_fails_at_once() -> None:
    """A word that is no way of merging is an error that names those that are."""
    with pytest.raises(ValueError, match="multiprocess_mode must be one of sum, min, max, mostrecent, all"):
        PerformanceMonitor(registry=None).gauge("level", "Level.", multiprocess_mode="median")


@pytest.mark.parametrize(
    ("several", "given", "expected"), [(True, False, 1), (False, False, 0), (True, True, 0)]
)
def test_server_that_says_it_has_several_processes(tmp_path, caplog, several, given, expected) -> None:
    """Where nothing else tells of siblings, a scrape through WSGI warns, once, and names the setting."""
    monitor = PerformanceMonitor(registry=None, worker_dir=tmp_path / "mine" if given else None)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "wsgi.multiprocess": several}
    for _ in range(2):
        list(metrics_app(monitor)(dict(environ), lambda *_: None))

    found = [record.getMessage() for record in caplog.records if "wsgi.multiprocess" in record.getMessage()]
    assert expected == len(found) == sum("MCP_PERF_WORKER_DIR" in message for message in found)
