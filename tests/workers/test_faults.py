"""Faults with the files: every request is served, what can be counted is, the rest is said once."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from support.children import in_child
from support.readings import requests, samples, value
from support.workers import Worker

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.wsgi import PerformanceMonitoringMiddleware


def app(environ, start_response):
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]


def ask(monitor, path="/"):
    measured = PerformanceMonitoringMiddleware(app, monitor, normalize_path=lambda path: path)
    assert [b"ok"] == list(measured({"REQUEST_METHOD": "GET", "PATH_INFO": path}, lambda *_: None))


def errors(monitor):
    return {
        dict(labels)["operation"]: number
        for (_, labels), number in samples(monitor, "mcp_monitor_storage_errors_total").items()
    }


def held(directory):
    """The files in a directory that this process has descriptors of, whatever else it opens meanwhile."""
    found = []
    for fd in os.listdir("/proc/self/fd"):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"/proc/self/fd/{fd}"))
    return sorted(path for path in found if path.startswith(str(directory)))


@pytest.fixture
def directory(tmp_path):
    return tmp_path / "workers"


@pytest.fixture
def worker(directory):
    def make(**settings):
        return PerformanceMonitor(registry=None, worker_dir=directory, **settings)

    return make


def test_file_size_limit(worker, caplog) -> None:
    """A process that may not write files any larger counts on in its own memory, and says so once."""

    def limited():
        monitor = worker()
        ask(monitor)
        resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, 70_000))
        for number in range(200):
            ask(monitor, f"/{number}")
        assert 201.0 == sum(requests(monitor).values())
        assert errors(monitor)["write"] >= 1
        assert 1 == sum("write" in record.getMessage() for record in caplog.records)

    in_child(limited)


@pytest.mark.skipif(not shutil.which("mount") or os.geteuid() != 0, reason="needs a file system of its own")
def test_full_disk(tmp_path) -> None:
    """On a full disk requests go on and count; once there is room the siblings see them."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,mode=0700", "tmpfs", place]).returncode:
        assert not os.environ.get("CI"), "file systems cannot be mounted here"
        pytest.skip("file systems cannot be mounted here")
    try:
        in_child(lambda: fill(place))
    finally:
        subprocess.run(["umount", place], check=True)


def fill(place):
    monitor = PerformanceMonitor(registry=None, worker_dir=place)
    ask(monitor)
    filler = place / "filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1024))
    for number in range(200):
        ask(monitor, f"/{number}")
    assert 201.0 == sum(requests(monitor).values())
    assert errors(monitor)["write"] >= 1


@pytest.mark.parametrize("harm", ["read-only", "gone", "emptied", "a file"])
def test_directory_that_is_harmed(worker, directory, harm) -> None:
    """Whatever becomes of the directory, requests are served, and counted in this process."""
    monitor = worker()
    ask(monitor, "/before")
    if harm == "read-only":
        (directory / "mcp").chmod(0o500)
    elif harm == "gone":
        shutil.rmtree(directory)
    elif harm == "a file":
        shutil.rmtree(directory)
        directory.write_text("not a directory")
    else:
        for file in (directory / "mcp").iterdir():
            file.unlink()
    for number in range(100):
        ask(monitor, f"/{number}")
    for _ in range(2):
        assert 101.0 == sum(requests(monitor).values())
    if harm in ("gone", "emptied"):
        assert 101.0 == sum(requests(worker()).values())


@pytest.mark.parametrize("spoil", ["garbage", "empty", "half", "directory", "zeros"])
@pytest.mark.parametrize("file", ["index", "slots", "archive"])
def test_spoiled_files(worker, directory, file, spoil) -> None:
    """Files of the dead that are garbage, cut short or no files cost what was in them, and nothing else."""
    with Worker(directory) as first:
        first.use(counters={"a": 1}, calls=1)
    worker().snapshot()
    with Worker(directory) as second:
        second.use(counters={"b": 2}, calls=1)
    monitor = worker()
    ask(monitor)
    for path in (directory / "mcp").glob("archive" if file == "archive" else f"*.{file}"):
        whole = path.read_bytes()
        path.unlink()
        if spoil == "directory":
            path.mkdir()
        else:
            path.write_bytes(
                {
                    "garbage": os.urandom(len(whole)),
                    "empty": b"",
                    "half": whole[: len(whole) // 2],
                    "zeros": bytes(len(whole)),
                }[spoil]
            )
    for _ in range(3):
        ask(monitor)
        found = requests(monitor)
    assert 4.0 == sum(found.values())
    if file != "archive":
        assert 1.0 == value(monitor, "jobs_total", kind="a")


def test_counts_that_cannot_be(worker, directory) -> None:
    """Slots of the dead with numbers below zero are no counts: none of that worker's is told, nor folded."""
    monitor = worker()
    monitor.counter("jobs", "Jobs.", ["kind"]).labels("a").inc()
    with Worker(directory) as dead:
        dead.use(counters={"a": 5, "b": 6}, calls=1)
    (slots,) = (directory / "mcp").glob(f"{dead.pid}-*.slots")
    slots.write_bytes(struct.pack("d", -1.0) * (slots.stat().st_size // 8))

    for _ in range(2):
        assert {1.0} == set(samples(monitor, "jobs_total").values())
    assert {} == samples(monitor, "mcp_calls_total")
    assert 1.0 <= errors(monitor)["read"]


def test_files_of_another_version(worker, directory) -> None:
    """What another version of this toolkit has written is left alone, and said."""
    from mcp_perf.workers.files.index import line

    monitor = worker()
    ask(monitor)
    place = directory / "mcp"
    (place / "9-new.index").write_bytes(line(["worker", {"pid": 9, "started_at": 1.0, "format": 99}]))
    (place / "9-new.slots").write_bytes(bytes(100))
    (place / "archive").write_bytes(b"mcp_perf archive 99 what ever\n")
    for _ in range(2):
        assert 1.0 == sum(requests(monitor).values())

    assert errors(monitor)["format"] >= 1
    assert {"9-new.index", "9-new.slots"} <= {path.name for path in place.iterdir()}
    assert (place / "archive").read_bytes().startswith(b"mcp_perf archive 99")


def test_the_dead_hold_no_descriptors(worker, directory) -> None:
    """Workers that die while nobody can fold them, for another version's archive, use up no descriptors."""
    monitor = worker()
    ask(monitor)
    (directory / "mcp" / "archive").write_bytes(b"mcp_perf archive 99 what ever\n")
    monitor.snapshot()
    before = held(directory)
    for number in range(3):
        with Worker(directory) as other:
            other.use(counters={"a": 1})
        ask(monitor, f"/{number}")
    monitor.snapshot()
    ask(monitor, "/last")

    assert 3.0 == value(monitor, "jobs_total", kind="a")
    assert before == held(directory)


def test_slot_file_that_is_gone_is_told(worker, directory) -> None:
    """That a living worker cannot be read, since somebody has removed its slots, is counted."""
    with Worker(directory) as other:
        other.use(counters={"a": 1})
        next(path for path in Path(directory, "mcp").glob(f"{other.pid}-*.slots")).unlink()
        monitor = worker()
        ask(monitor)
        monitor.snapshot()

        assert 1.0 == sum(requests(monitor).values())
        assert errors(monitor)["read"] >= 1


def test_wrong_directory_is_refused(tmp_path) -> None:
    """A directory that is a link or somebody else's is a wrong setting, said at once."""
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="worker_dir must be"):
        PerformanceMonitor(registry=None, worker_dir=tmp_path / "link")


def test_reading_costs_no_signal(directory) -> None:
    """A sibling whose slot file is cut short while it is read costs its own numbers only."""
    monitor = PerformanceMonitor(registry=None, worker_dir=directory)
    ask(monitor)
    with Worker(directory) as other:
        other.use(counters={"a": 1})
        assert 1.0 == value(monitor, "jobs_total", kind="a")
        next(path for path in Path(directory, "mcp").glob(f"{other.pid}-*.slots")).write_bytes(b"")

        assert 1.0 == sum(requests(monitor).values())


@pytest.mark.parametrize("name", ["archive", "archive.new", "lock", "9-x.index"])
def test_pipe_in_the_directory_stops_nobody(worker, directory, name) -> None:
    """Something that would be waited for when it is opened is passed over."""
    monitor = worker()
    ask(monitor)
    os.mkfifo(directory / "mcp" / name)
    with Worker(directory) as dead:
        dead.use(counters={"a": 3})
    ask(monitor, "/other")

    for one in (monitor, worker()):
        assert 2.0 == sum(requests(one).values())
        assert 3.0 == value(one, "jobs_total", kind="a")


def test_nothing_steps_back_when_files_cannot_be_opened(worker, directory, monkeypatch) -> None:
    """What was read of the siblings last is still told while no file can be opened."""
    monitor = worker()
    ask(monitor)
    with Worker(directory) as other:
        other.use(counters={"a": 3})
        assert 3.0 == value(monitor, "jobs_total", kind="a")

        def refuse(*_, **__):
            raise OSError(errno.EMFILE, "too many open files")

        monkeypatch.setattr("mcp_perf.workers.files.archive.os.open", refuse)
        assert 3.0 == value(monitor, "jobs_total", kind="a")
        monkeypatch.undo()
        assert 3.0 == value(monitor, "jobs_total", kind="a")


FORKED = """
import os, socket, sys
from mcp_perf import PerformanceMonitor
monitor = PerformanceMonitor(registry=None, worker_dir=sys.argv[1] + "/workers")
jobs = monitor.counter("jobs", "Jobs.")
jobs.inc()
child = os.fork()
if child:
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os.closerange(3, 256)
mine = [socket.create_server(("127.0.0.1", 0)) for _ in range(12)]
jobs.inc()
monitor.snapshot()
del jobs, monitor
for one in mine:
    one.getsockname()
"""


def test_daemon_keeps_the_sockets_that_it_opens(tmp_path) -> None:
    """A fork that closes all descriptors and listens then, as daemons do, keeps listening when it counts."""
    subprocess.run([sys.executable, "-c", FORKED, str(tmp_path)], check=True, timeout=60)


GARBAGE = """
import gc, sys
from mcp_perf import PerformanceMonitor
class Last:
    def __init__(self):
        self.monitor = PerformanceMonitor(registry=None, worker_dir=sys.argv[1])
        self.jobs = self.monitor.counter("jobs", "Jobs.", ["name"])
        self.job = self.jobs.labels("a")
        self.itself = self
    def __del__(self):
        self.job.inc()
        self.jobs.labels("b").inc()
for _ in range(3):
    Last()
    gc.collect()
"""


def test_garbage_may_count(tmp_path) -> None:
    """What counts when the garbage collector finds it together with its monitor writes to no lost memory."""
    subprocess.run([sys.executable, "-c", GARBAGE, str(tmp_path / "workers")], check=True, timeout=60)


DAEMON = """
import os, sys
from mcp_perf import PerformanceMonitor
monitor, sibling = (PerformanceMonitor(registry=None, worker_dir=sys.argv[1] + "/workers") for _ in range(2))
for one in (monitor, sibling):
    one.counter("jobs", "Jobs.", ["name"]).labels("first").inc()
monitor.snapshot()
os.closerange(3, 256)
mine = [os.open(f"{sys.argv[1]}/mine{number}", os.O_RDWR | os.O_CREAT) for number in range(40)]
for fd in mine:
    os.write(fd, b"mine")
for number in range(300):
    monitor.counter("jobs", "Jobs.", ["name"]).labels(number).inc()
monitor.snapshot()
monitor.counter("jobs", "Jobs.", ["name"]).labels("last").inc()
del sibling
assert [b"mine"] * 40 == [os.pread(fd, 100, 0) for fd in mine]
"""


def test_program_that_closes_all_descriptors(tmp_path) -> None:
    """A daemon that closes what is open, and opens files of its own then, finds these untouched."""
    subprocess.run([sys.executable, "-c", DAEMON, str(tmp_path)], check=True, timeout=60)


CLOSER = """
import os, sys
from mcp_perf import PerformanceMonitor
from support.readings import samples
directory = sys.argv[1]
monitor = PerformanceMonitor(registry=None, worker_dir=directory)
jobs, level = monitor.counter("jobs", "Jobs."), monitor.gauge("level", "Level.")
took = monitor.histogram("took", "Took.")
jobs.inc(10), level.inc(3), took.observe(1)
monitor.snapshot()
for fd in os.listdir("/proc/self/fd"):
    if os.path.exists(f"/proc/self/fd/{fd}") and directory in os.readlink(f"/proc/self/fd/{fd}"):
        os.close(int(fd))
jobs.inc(5), took.observe(1)
other = PerformanceMonitor(registry=None, worker_dir=directory)
other.snapshot()  # takes the first for dead
for one in (monitor, other, monitor):
    found = samples(one, "jobs_total", "level", "took_count")
    assert sorted(found.values()) == [2.0, 3.0, 15.0], found
jobs.inc(), level.dec(3), took.observe(1)
for one in (monitor, other):
    found = samples(one, "jobs_total", "level", "took_count")
    assert sorted(found.values()) == [0.0, 3.0, 16.0], found
"""


def test_worker_that_is_taken_for_dead(tmp_path) -> None:
    """What a worker has counted whose lock somebody has closed, so that it was folded, counts once."""
    command = [sys.executable, "-c", CLOSER, str(tmp_path / "workers")]
    subprocess.run(command, check=True, timeout=60, cwd=Path(__file__).parent.parent)


def test_removals_do_not_pile_up_behind_a_full_disk(worker, monkeypatch) -> None:
    """While nothing can be written a removal does not try those before it again; afterwards all are done."""
    first, second = worker(), worker()
    for monitor in (first, second):
        for number in range(50):
            monitor.counter("jobs", "Jobs.", ["name"]).labels(number).inc()
    tries = []

    def refuse(*_):
        tries.append(None)
        raise OSError(errno.ENOSPC, "no space left")

    first.snapshot()
    with monkeypatch.context() as patch:
        patch.setattr("mcp_perf.workers.files.archive.store", refuse)
        for number in range(50):
            first.counter("jobs", "Jobs.", ["name"]).remove(str(number))
    first.snapshot()

    assert 1 <= len(tries) < 25
    assert {} == samples(second, "jobs_total")
