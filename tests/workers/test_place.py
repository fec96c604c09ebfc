"""Which directory a monitor's workers meet in."""

from __future__ import annotations

import gc

import pytest
from support.readings import value

from mcp_perf import PerformanceMonitor, monitor_call
from mcp_perf.adapters.wsgi import metrics_app
from mcp_perf.workers.system.holding import alone_in


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


def test_monitors_that_meet_nobody_there_take_no_name(variable, tmp_path) -> None:
    """One that was refused, one that is off and one with a directory of its own count for nothing."""
    with pytest.raises(ValueError, match="worker_dir"):
        PerformanceMonitor(registry=None, namespace="place_b", worker_dir="")
    PerformanceMonitor(registry=None, namespace="place_b", enabled=False)
    PerformanceMonitor(registry=None, namespace="place_b", worker_dir=tmp_path / "mine")
    PerformanceMonitor(registry=None, namespace="place_b").counter("jobs", "Jobs.").inc()

    assert ["place_b"] == [path.name for path in variable.iterdir()]


def test_directory_that_was_given_wins(variable, tmp_path) -> None:
    """A directory that a monitor was given goes over the environment's."""
    PerformanceMonitor(registry=None, worker_dir=tmp_path / "mine").counter("jobs", "Jobs.").inc()

    assert ["mcp"] == [path.name for path in (tmp_path / "mine").iterdir()]
    assert [] == list(variable.rglob("*"))


@pytest.mark.parametrize("given", [True, False])
def test_relative_directory_is_that_of_when_the_monitor_was_made(tmp_path, monkeypatch, given) -> None:
    """A process that goes elsewhere meets those that were there with it."""
    monkeypatch.chdir(tmp_path)
    if not given:
        monkeypatch.setenv("MCP_PERF_WORKER_DIR", "metrics")
    monitor = PerformanceMonitor(registry=None, namespace="moved", worker_dir="metrics" if given else None)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    monitor.counter("jobs", "Jobs.").inc()

    assert [tmp_path / "metrics"] == [path.parent.parent for path in tmp_path.rglob("*.index")]


def test_directory_of_a_launcher_stays_while_a_monitor_is_there(variable) -> None:
    """A worker that has measured nothing yet keeps what those before it have counted."""
    variable.mkdir(mode=0o700)
    monitor = PerformanceMonitor(registry=None, namespace="reserved")
    with alone_in(variable) as is_alone:
        assert not is_alone
    del monitor
    gc.collect()
    with alone_in(variable) as is_alone:
        assert is_alone


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
