"""The directory that siblings share: whose it is, how it is held, and when it goes."""

import contextlib
import errno
import fcntl
import os
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from mcp_perf.workers.meeting import directory
from mcp_perf.workers.meeting.directory import automatic, of_user
from mcp_perf.workers.meeting.leftovers import sweep
from mcp_perf.workers.meeting.origin import Origin, started, this_process
from mcp_perf.workers.meeting.ownership import own
from mcp_perf.workers.system.holding import hold

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="start times are Linux's")

NOBODY = 65534


@pytest.fixture
def memory(tmp_path, monkeypatch):
    """A directory in the place of the system's shared memory."""
    place = tmp_path / "shm"
    place.mkdir()
    monkeypatch.setattr(directory, "SHARED_MEMORY", place)
    return place


@pytest.fixture
def gone():
    """A process that is no more."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as process:
        return Origin(process.pid, started(process.pid))  # and it ends


@pytest.fixture(params=[0, 0o177], ids=["hides nothing", "hides too much"])
def umask(request):
    """What a user takes from all that is made."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@contextlib.contextmanager
def unprivileged():
    """As a user who may not do everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


def refusal(value):
    return pytest.raises(ValueError, match=r"^worker_dir must be a directory of your own, not " + value)


def is_free(path):
    """Whether nobody holds a directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True


def test_a_directory_is_made_for_its_user_alone(tmp_path, umask):
    """Its parents are made too, and nobody else may look into any of them."""
    path = tmp_path / "a" / "b" / "c"
    assert path == own(str(path)) == own(path)
    assert [0o700] * 3 == [mode(one) for one in (path, path.parent, path.parent.parent)]


@pytest.mark.parametrize("mask", [0o777, 0o477, 0o277])
def test_a_mask_that_shuts_out_the_owner(mask):
    """Whatever the process masks of what it makes, its directory is open to itself, without being root."""
    with tempfile.TemporaryDirectory() as base:
        child = os.fork()
        if child == 0:  # pragma: no cover - in the child
            status = 1
            try:
                if os.geteuid() == 0:
                    os.chown(base, 65534, 65534)
                    os.setgid(65534)
                    os.setuid(65534)
                os.umask(mask)
                path = own(os.path.join(base, "a", "b"))
                status = 0 if [0o700] * 2 == [mode(one) for one in (path, path.parent)] else 2
            finally:
                os._exit(status)
        assert 0 == os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_relative_path_is_that_of_now(tmp_path, monkeypatch):
    """The process may go to another directory afterwards."""
    monkeypatch.chdir(tmp_path)
    assert tmp_path / "metrics" == own("metrics")


def test_a_directory_that_only_others_read_is_left_as_it_is(tmp_path):
    """What one's own directory lets others read is one's own choice."""
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(0o755)
    own(path)
    assert 0o755 == mode(path)


@pytest.mark.parametrize("before", [0o770, 0o777, 0o702, 0o775])
def test_a_directory_that_others_write_to_is_closed(tmp_path, before):
    """From then on it is for its user alone."""
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(before)
    own(path)
    assert 0o700 == mode(path)


def test_a_directory_that_cannot_be_closed_is_refused(tmp_path, monkeypatch):
    """Some file systems know no permissions."""
    path = tmp_path / "open"
    path.mkdir()
    path.chmod(0o777)
    monkeypatch.setattr(os, "fchmod", lambda descriptor, mode: None)
    with refusal(r".*open'\) \(others may write to it\)$"):
        own(path)


@pytest.mark.parametrize("value", [None, 5, b"bytes", "", "a\0b", ["a"]])
def test_a_value_that_is_no_path_is_refused(value):
    """The error names the setting and the value."""
    with refusal(""):
        own(value)


def test_a_symbolic_link_is_refused(tmp_path):
    """Also one that leads nowhere, and with a slash behind it; nothing is made where it leads."""
    (tmp_path / "there").mkdir()
    for name, target in {"link": "there", "dangling": "nowhere", "loop": "loop"}.items():
        (tmp_path / name).symlink_to(target)
        for given in (tmp_path / name, f"{tmp_path}/{name}/"):
            with refusal(r".*\(it is a symbolic link\)$"):
                own(given)
    assert not (tmp_path / "nowhere").exists()


def test_a_link_further_up_is_followed(tmp_path):
    """Whoever keeps his files elsewhere may do so."""
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")
    own(tmp_path / "link" / "metrics")
    assert (tmp_path / "there" / "metrics").is_dir()


def test_what_is_no_directory_is_refused(tmp_path):
    """Neither a file nor what should lie in one, nor what lies behind a link to nowhere."""
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("file", "file/metrics", "file/a/b", "dangling/metrics", "x" * 300):
        with refusal(""):
            own(tmp_path / name)
    assert "mine" == (tmp_path / "file").read_text()


def test_somebody_elses_directory_is_refused(tmp_path):
    """Also for the administrator, who may write to everybody's."""
    path = Path("/usr")
    if os.geteuid() == 0:
        path = tmp_path / "theirs"
        path.mkdir()
        os.chown(path, NOBODY, NOBODY)
    with refusal(rf".*\(it belongs to the user {path.stat().st_uid}\)$"):
        own(path)


def test_a_directory_for_everybody_stays_so(tmp_path):
    """The temporary directory of the system is nobody's own, and is not closed for all others."""
    path = tmp_path / "tmp"
    path.mkdir()
    path.chmod(0o1777)
    with refusal(r".*\(it is one for everybody\)$"):
        own(path)
    assert 0o1777 == mode(path)


def test_a_fault_of_the_system_is_no_wrong_setting(tmp_path, monkeypatch):
    """A full disk is told as what it is, and so is a missing permission."""
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    with unprivileged(), pytest.raises(PermissionError):
        own(closed / "metrics")

    def full(path, mode):
        raise OSError(errno.ENOSPC, "No space left on device", path)

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(OSError, match="No space left"):
        own(tmp_path / "metrics")


def test_the_automatic_directory_is_the_siblings_alone(memory, umask):
    """Each user, service and name has its own, which only the user may enter."""
    ours = this_process()
    path = automatic(ours, "mcp")
    assert path == automatic(ours, "mcp")
    assert path.is_relative_to(memory / f"mcp_perf-{os.geteuid()}")
    assert [0o700] * 3 == [mode(one) for one in (path, path.parent, path.parent.parent)]
    others = [automatic(Origin(ours.pid, "1"), "mcp"), automatic(ours, "shop")]
    assert 3 == len({path, *others})


def test_without_shared_memory_it_is_a_temporary_directory(tmp_path, monkeypatch):
    """Where the system has none, or none that may be written to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for path in (tmp_path / "none", tmp_path / "file"):
        (tmp_path / "file").touch()
        monkeypatch.setattr(directory, "SHARED_MEMORY", path)
        assert tmp_path / f"mcp_perf-{os.geteuid()}" == of_user()
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    monkeypatch.setattr(directory, "SHARED_MEMORY", closed)
    with unprivileged():
        assert tmp_path / f"mcp_perf-{os.geteuid()}" == of_user()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../a", "a\0"])
def test_a_name_stays_where_it_belongs(memory, name):
    """No name leads out of the siblings' directory."""
    with pytest.raises(ValueError, match="one plain name"):
        automatic(this_process(), name)


@pytest.mark.parametrize("level", ["user", "service", "name"])
def test_a_link_that_somebody_has_planted_is_refused(memory, tmp_path, level):
    """At any level of an automatic directory."""
    name = automatic(this_process(), "mcp")
    planted = {"user": name.parent.parent, "service": name.parent, "name": name}[level]
    planted.rename(tmp_path / "elsewhere")
    planted.symlink_to(tmp_path / "elsewhere")
    with refusal(r".*\(it is a symbolic link\)$"):
        automatic(this_process(), "mcp")


def test_siblings_may_make_it_at_the_same_time(memory):
    """All get the same directory, and none an error."""
    together = threading.Barrier(8)
    made = []

    def sibling():
        for round_ in range(50):
            together.wait()
            made.append(automatic(this_process(), f"round{round_}"))

    threads = [threading.Thread(target=sibling) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 400 == len(made)
    assert 50 == len(set(made))


def test_a_directory_is_held_by_many_until_the_last_has_gone(tmp_path):
    """A shared lock, which tools that clear temporary directories heed."""
    first, second = hold(tmp_path), hold(tmp_path)
    os.close(first)
    assert not is_free(tmp_path)
    os.close(second)
    assert is_free(tmp_path)


def test_a_directory_is_not_held_by_a_program_that_is_started(tmp_path):
    """Otherwise a program that goes on running would keep the directory."""
    descriptor = hold(tmp_path)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False):
        os.close(descriptor)
        assert is_free(tmp_path)


def test_a_directory_that_is_not_there_cannot_be_held(tmp_path):
    """FileNotFoundError says so."""
    with pytest.raises(FileNotFoundError):
        hold(tmp_path / "none")


def test_holding_waits_for_whoever_looks(tmp_path):
    """A sweep holds a directory alone for an instant."""
    looking = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_EX)
    timer = threading.Timer(0.05, os.close, [looking])
    timer.start()
    os.close(hold(tmp_path))
    timer.join()


def test_what_a_service_has_left_is_swept(memory, gone):
    """With all that is in it, and nothing of those who live."""
    left, ours = automatic(gone, "mcp"), automatic(this_process(), "mcp")
    (left / "slots").write_bytes(b"1")
    sweep(of_user())
    assert [ours.parent] == list(of_user().iterdir())


@linux
def test_a_number_that_another_process_has_got_is_gone_as_well(memory):
    """A process is known by when it started."""
    left = automatic(Origin(os.getpid(), "1"), "mcp")
    sweep(of_user())
    assert not left.parent.exists()


def test_a_number_that_lives_is_kept_where_no_start_is_told(memory, gone):
    """Some systems do not tell when a process started."""
    kept, left = automatic(Origin(os.getpid(), ""), "mcp"), automatic(Origin(gone.pid, ""), "mcp")
    sweep(of_user())
    assert kept.exists()
    assert not left.parent.exists()


@pytest.mark.parametrize("level", ["service", "name"])
def test_what_somebody_holds_is_kept(memory, gone, level):
    """A worker may outlive its server."""
    kept = automatic(gone, "mcp")
    descriptor = hold(kept if level == "name" else kept.parent)
    sweep(of_user())
    assert kept.exists()
    os.close(descriptor)
    sweep(of_user())
    assert not kept.parent.exists()


@linux
def test_what_another_container_has_left_goes_after_a_day(memory, gone):
    """Its processes cannot be seen from here; but it locks what it uses."""
    mine = automatic(gone, "mcp").parent
    young, old, held = (mine.with_name(f"{gone.pid}-{gone.started}-{number}") for number in (1, 2, 3))
    yesterday = time.time() - 25 * 3600
    for one in (young, old, held):
        (one / "mcp").mkdir(parents=True)
        os.utime(one, (yesterday, yesterday))
    os.utime(young)
    descriptor = hold(held / "mcp")
    sweep(of_user())
    os.close(descriptor)
    assert {young, held} == set(of_user().iterdir())


def test_nothing_else_is_ever_swept(memory, gone, tmp_path):
    """Neither another name nor a file, nor what a link leads to, nor somebody else's."""
    service = automatic(gone, "mcp").parent
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    for name in ("1-2-3-4", "x1-2", "1-2x", "run", "0-1", "-1", "99999999999-1"):
        (of_user() / name).mkdir()
    linked, file = service.with_name(f"{gone.pid}-1-2"), service.with_name(f"{gone.pid}-3")
    linked.symlink_to(elsewhere)
    file.touch()
    (service / "inside").symlink_to(elsewhere)
    before = set(of_user().iterdir())
    sweep(of_user())
    assert {service} == before - set(of_user().iterdir())
    assert (elsewhere / "precious").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives directories away")
def test_somebody_elses_is_never_swept(memory, gone):
    """Also where it lies among one's own."""
    theirs = automatic(gone, "mcp").parent
    os.chown(theirs, NOBODY, NOBODY)
    sweep(of_user())
    assert theirs.exists()


def test_one_sweep_does_not_take_for_ever(memory, gone):
    """It removes some, and the next one goes on."""
    for number in range(150):
        automatic(Origin(gone.pid, str(number)), "mcp")
    sweep(of_user())
    assert 50 == len(list(of_user().iterdir()))
    sweep(of_user())
    assert [] == list(of_user().iterdir())


def test_a_sweep_never_fails(tmp_path, memory, gone, monkeypatch):
    """Where there is nothing, or no directory, or nothing can be removed."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "none", tmp_path / "file"):
        sweep(path)
    automatic(gone, "mcp")

    def fails(*arguments, **keywords):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", fails)
    sweep(of_user())


def test_a_system_without_file_locks_is_told():
    """Importing succeeds there, and holding says what is the matter."""
    code = """\
import sys
sys.modules["fcntl"] = None
from mcp_perf.launch import command
from mcp_perf.workers.meeting.leftovers import sweep
from mcp_perf.workers.system.holding import hold
sweep(".")
try:
    hold(".")
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "this system has no file locks\n" == done.stdout


def test_what_is_held_deep_below_is_not_swept(memory, gone):
    """A launcher that is gone may have left workers, which hold a directory in its directory's directory."""
    left = automatic(gone, "run")
    (left / "mcp").mkdir(mode=0o700)
    held = hold(left / "mcp")
    sweep(of_user())
    assert left.is_dir()
    os.close(held)
    sweep(of_user())
    assert not left.exists()
