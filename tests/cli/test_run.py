"""``mcp-perf run``: a command with a directory for its workers, otherwise as if it was run directly."""

import fcntl
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path

import pytest
from support.servers import PATIENCE

from mcp_perf.cli import main
from mcp_perf.launch.child import Child
from mcp_perf.workers.meeting.directory import of_user

LAUNCHER = (sys.executable, "-m", "mcp_perf", "run")
SIGNALS = ("HUP", "USR1", "USR2", "WINCH", "TTIN", "TTOU", "QUIT", "INT")
# Says where it is, then the name of each signal that it gets; TERM ends it.
LISTENER = f"""\
import os, signal, sys, time
def say(word):
    os.write(1, word.encode() + b"\\n")
for name in {SIGNALS}:
    signal.signal(getattr(signal, "SIG" + name), lambda number, frame: say(signal.Signals(number).name[3:]))
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(7))
say(os.environ["MCP_PERF_WORKER_DIR"])
while True:
    time.sleep(0.02)  # not for ever: a signal may come just before
"""
TELL = "import os; print(os.environ['MCP_PERF_WORKER_DIR'])"


def run(*words, launcher=LAUNCHER, environment=(), **popen):
    """The end of a command that is run: its status and what it has printed."""
    return subprocess.run(
        [*launcher, *map(str, words)],
        **{"stdin": subprocess.DEVNULL, **popen},
        capture_output=True,
        text=True,
        env={**os.environ, **dict(environment)},
        timeout=PATIENCE,
    )


def said(process):
    """The next line that a process says; '' where it has ended."""
    assert select.select([process.stdout], [], [], PATIENCE)[0], "it says nothing"
    return process.stdout.readline().decode().rstrip()


@pytest.fixture
def listener():
    """``listener(*options)``: a launcher of the listener, and its directory."""
    started = []

    def start(*options, **popen):
        process = subprocess.Popen(
            [*LAUNCHER, *options, "--", sys.executable, "-c", LISTENER],
            **{"stdin": subprocess.DEVNULL, **popen},
            stdout=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
        started.append(process)
        return process, Path(said(process))

    yield start
    for process in started:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        process.stdout.close()


@pytest.mark.real
def test_the_command_gets_a_directory_of_its_own():
    """A fresh one for its user alone, which is there as long as the command runs."""
    code = "import os; path = os.environ['MCP_PERF_WORKER_DIR']; print(path, os.stat(path).st_mode)"
    seen = []
    for _ in range(2):
        path, mode = run("--", sys.executable, "-c", code).stdout.split()
        assert stat.S_IFDIR | 0o700 == int(mode)
        assert Path(path).is_relative_to(of_user())
        assert not Path(path).parent.exists()
        seen.append(path)
    assert seen[0] != seen[1]


@pytest.mark.real
def test_a_directory_of_the_environment_is_used(tmp_path):
    """What the environment names is kept, and none is made."""
    given = str(tmp_path / "named")
    done = run("--", sys.executable, "-c", TELL, environment={"MCP_PERF_WORKER_DIR": given})
    assert f"{given}\n" == done.stdout


@pytest.mark.real
def test_a_launcher_within_another_one():
    """Who runs a command under another one gets a directory for it, and so does an empty environment."""
    words = [*LAUNCHER, sys.executable, "-c", TELL]
    code = f"{TELL}; os.execv({words[0]!r}, {words})"
    done = run("--", sys.executable, "-uc", code, environment={"MCP_PERF_WORKER_DIR": ""})
    outer, inner = done.stdout.split()
    assert outer != inner
    assert all(Path(one).is_relative_to(of_user()) for one in (outer, inner))


@pytest.mark.real
@pytest.mark.parametrize("option", [["--worker-dir", "kept"], ["--worker-dir=kept"]])
def test_a_given_directory_is_used_as_it_is(tmp_path, option):
    """Wherever the command goes; it is neither made nor removed."""
    code = f"import os; os.chdir('/'); {TELL}"
    (tmp_path / "kept").mkdir(mode=0o755)
    for _ in range(2):
        done = run(*option, "--", sys.executable, "-c", code, cwd=tmp_path)
        assert f"{tmp_path}/kept\n" == done.stdout
    assert 0o755 == stat.S_IMODE((tmp_path / "kept").stat().st_mode)


@pytest.mark.real
@pytest.mark.parametrize(("end", "status"), [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 137)])
def test_the_status_is_the_commands(end, status):
    """As a shell reports it, also of a command that a signal has ended."""
    assert status == run("sh", "-c", end).returncode


@pytest.mark.real
@pytest.mark.parametrize("separator", [[], ["--"]])
def test_options_of_the_command_need_no_quoting(separator):
    """Not even those that we have ourselves, and no second separator is lost."""
    code = "import sys; print(sys.argv[1:])"
    words = ["--help", "-w", "4", "--worker-dir", "x", "--", "--version", "-h", "a b"]
    done = run(*separator, sys.executable, "-c", code, *words)
    assert f"{words}\n" == done.stdout


def test_the_command_is_missing(capsys):
    """The sentence shows an example; the status is that of a wrong use."""
    for words in ([], ["--"], ["--worker-dir", "x"], ["--worker-dir=", "true"]):
        with pytest.raises(SystemExit, match=r"^2$"):
            main(["run", *words])
        assert "usage: mcp-perf run [-h] [--worker-dir DIR] [--] COMMAND ..." in capsys.readouterr().err


def test_a_command_that_is_not_found(capsys):
    """One sentence, and the status that a shell has for it."""
    assert 127 == main(["run", "no-such-command", "-w", "4"])
    assert "mcp-perf run: error: there is no command 'no-such-command'\n" == capsys.readouterr().err


def test_a_command_that_cannot_be_run(capsys, tmp_path):
    """One sentence, and the status that a shell has for it."""
    file = tmp_path / "file"
    file.write_text("no program")
    for path, permission in {tmp_path: 0o755, file: 0o644}.items():
        path.chmod(permission)
        assert 126 == main(["run", "--", str(path)])
        expected = f"mcp-perf run: error: the command '{path}' cannot be run (Permission denied)\n"
        assert expected == capsys.readouterr().err


def test_signals_are_as_before(signals):
    """Whoever runs a command from within a program has its signals back."""
    before = signal.getsignal(signal.SIGCHLD), signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert 0 == main(["run", "true"])
    assert before == (signal.getsignal(signal.SIGCHLD), signal.pthread_sigmask(signal.SIG_BLOCK, []))


def test_signals_that_another_thread_gets(signals, monkeypatch):
    """Neither the end of the command nor what is sent to it is lost in a process that has other threads."""
    over = threading.Event()
    other = threading.Thread(target=over.wait)
    other.start()
    attend = Child.attend

    def late(child):
        os.kill(os.getpid(), signal.SIGTERM)  # while this thread holds it back, which the other does not
        os.waitid(os.P_PID, child._process.pid, os.WEXITED | os.WNOWAIT)
        return attend(child)

    monkeypatch.setattr(Child, "attend", late)
    try:
        assert 0 == main(["run", "true"])
        monkeypatch.undo()
        pid = os.getpid()
        assert 143 == main(["run", "sh", "-c", f"kill -TERM {pid}; sleep {PATIENCE}"])
    finally:
        over.set()
        other.join()


@pytest.mark.real
def test_signals_are_handed_on(listener):
    """Each once; after the one that ends the command, its status is ours and the directory gone."""
    process, directory = listener()
    for name in SIGNALS:
        process.send_signal(getattr(signal, f"SIG{name}"))
        assert name == said(process)
    process.terminate()
    assert "" == said(process)
    assert 7 == process.wait(PATIENCE)
    assert not directory.parent.exists()


@pytest.mark.real
def test_a_given_directory_outlives_a_signal(listener, tmp_path):
    """It is not ours to remove."""
    process, directory = listener("--worker-dir", str(tmp_path))
    process.terminate()
    assert 7 == process.wait(PATIENCE)
    assert tmp_path == directory
    assert directory.is_dir()


@pytest.fixture
def terminal():
    """A terminal: the side of the keyboard, and the descriptor of the program's side."""
    keyboard, screen = pty.openpty()
    yield keyboard, screen
    for descriptor in (keyboard, screen):
        try:
            os.close(descriptor)
        except OSError:
            pass


def of_session(screen):
    """Make `screen` the terminal of the session that has just begun."""
    return lambda: fcntl.ioctl(screen, termios.TIOCSCTTY, 0)


@pytest.mark.real
def test_ctrl_c_reaches_the_command_once(listener, terminal):
    """The terminal sends it to the whole process group already; so with the size of its window."""
    keyboard, screen = terminal
    process, _ = listener(stdin=screen, preexec_fn=of_session(screen))
    os.write(keyboard, b"\x03")
    assert "INT" == said(process)
    os.write(keyboard, b"\x1c")
    assert "QUIT" == said(process)
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    assert "WINCH" == said(process)
    process.terminate()
    assert "" == said(process)
    assert 7 == process.wait(PATIENCE)


@pytest.mark.real
def test_the_end_of_the_terminal_reaches_the_command_once(listener, terminal):
    """Only the first process of a session is told of it."""
    keyboard, screen = terminal
    process, _ = listener(stdin=screen, preexec_fn=of_session(screen))
    os.close(screen)
    os.close(keyboard)
    assert "HUP" == said(process)
    process.terminate()
    assert "" == said(process)
    assert 7 == process.wait(PATIENCE)


@pytest.mark.real
def test_the_streams_are_the_commands():
    """What is put in is read by it, and both outputs are its own."""
    done = run("sh", "-c", "cat; echo error >&2", stdin=None, input="in\n")
    assert ("in\n", "error\n") == (done.stdout, done.stderr)


@pytest.mark.real
def test_a_command_sees_the_terminal(terminal):
    """As if it was run directly."""
    _, screen = terminal
    assert 0 == run("test", "-t", "0", stdin=screen).returncode


@pytest.mark.real
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
@pytest.mark.parametrize("ignored", ["", "trap '' HUP INT USR1;"])
def test_signals_are_the_commands_own(ignored):
    """None is held back from it, and those are ignored that whoever runs us has ignored."""
    shell = ("sh", "-c", f'{ignored} exec "$@"', "sh")
    words = ("grep", "-E", "^Sig(Blk|Ign|Cgt)", "/proc/self/status")
    directly = run(*words, launcher=(*shell,))
    assert directly.stdout.count("\n") == 3
    assert directly.stdout == run(*words, launcher=(*shell, *LAUNCHER)).stdout


@pytest.mark.real
def test_sockets_of_a_service_manager_are_the_commands():
    """systemd names the process that they are for."""
    words = ("sh", "-c", 'test "$LISTEN_PID" = $$')
    shell = ("sh", "-c", 'export LISTEN_PID=$$; exec "$@"', "sh", *LAUNCHER)
    assert 0 == run(*words, launcher=shell).returncode
    assert 1 == run(*words, environment={"LISTEN_PID": "1"}).returncode


@pytest.mark.real
def test_what_a_killed_launcher_has_left_is_swept(listener):
    """The next launcher removes it."""
    process, directory = listener()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(PATIENCE)
    assert directory.exists()
    assert 0 == run("true").returncode
    assert not directory.parent.exists()


@pytest.mark.real
def test_a_directory_that_a_worker_still_holds_is_kept(tmp_path):
    """A worker that outlives its server loses nothing; a later launcher clears up."""
    code = """\
import os, sys
from mcp_perf.workers.system.holding import hold
held = hold(os.environ["MCP_PERF_WORKER_DIR"])
print(os.environ["MCP_PERF_WORKER_DIR"], flush=True)
if os.fork() == 0:
    os.close(1)
    os.close(2)
    sys.stdin.read()
"""
    reader, writer = os.pipe()
    directory = Path(run(sys.executable, "-c", code, stdin=reader).stdout.strip())
    os.close(reader)
    assert directory.exists()
    os.close(writer)
    deadline = time.monotonic() + PATIENCE
    while directory.parent.exists() and time.monotonic() < deadline:
        run("true")
    assert not directory.parent.exists()


@pytest.mark.real
def test_as_the_first_process_of_a_container_it_reaps_orphans(need):
    """What a worker leaves behind does not stay for ever."""
    unshare = [need("unshare"), "--pid", "--fork", "--mount-proc"]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("no container can be made here")
    code = f"""\
import os, subprocess, sys, time
assert 1 == os.getppid()
orphan = int(subprocess.check_output(["sh", "-c", "sleep 0.1 >&- & echo $!"]))
end = time.monotonic() + {PATIENCE / 2}
while os.path.exists(f"/proc/{{orphan}}") and time.monotonic() < end:
    time.sleep(0.02)
sys.exit(5 if os.path.exists(f"/proc/{{orphan}}") else 4)
"""
    done = run(sys.executable, "-c", code, launcher=(*unshare, *LAUNCHER))
    assert (4, "") == (done.returncode, done.stderr)


def test_a_directory_that_cannot_be_made_is_told(capsys, tmp_path, monkeypatch):
    """One sentence, with the way out; the command is not run."""
    monkeypatch.setattr("mcp_perf.workers.meeting.directory.SHARED_MEMORY", tmp_path)
    of_user().symlink_to(tmp_path / "planted")
    assert 1 == main(["run", "touch", str(tmp_path / "touched")])
    assert re.search(
        r"^mcp-perf run: error: .*own, not .* \(it is a symbolic link\); .* --worker-dir$",
        capsys.readouterr().err.rstrip(),
    )
    assert not (tmp_path / "touched").exists()
