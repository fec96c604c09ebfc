"""Services side by side, under our own command, and across a reload: each counts for itself, and goes on."""

import contextlib
import json
import os
import shutil
import sys
import time

import pytest
from support.many import counted, shared_directory, spread
from support.readings import value
from support.servers import APPS, HOST, PATIENCE, Command, Server, free_port, running, settled
from support.worker_servers import COUNT, command

pytestmark = pytest.mark.real

PAIRS = {
    "gunicorn": ("-m", "gunicorn", "many:wsgi", "--workers", str(COUNT), "--bind", HOST + ":{port}"),
    "uvicorn": ("-m", "uvicorn", "many:asgi", "--workers", "2", "--host", HOST, "--port", "{port}"),
}


@contextlib.contextmanager
def two_from_one_shell(arguments):
    """Two servers of the same application, each started in the background by one shell."""
    other = str(free_port())
    lines = [
        [sys.executable, *arguments],
        [sys.executable, *(argument.replace("{port}", other) for argument in arguments)],
    ]
    script = "".join(f"{' '.join(line)} & " for line in lines)
    with running(Command(("sh", "-c", f"{script} wait"), APPS)) as first:
        second = Server(first.process, int(other), first._log)
        assert settled(second.is_listening, True), first.output()
        yield first, second


@pytest.mark.parametrize("name", PAIRS)
def test_services_from_one_shell_count_apart(name):
    """The same application on two ports at the same time: neither has the requests of the other."""
    workers = COUNT if name == "gunicorn" else 2
    with two_from_one_shell(PAIRS[name]) as servers:
        sent = [spread(server, workers, least)[0] for server, least in zip(servers, (60, 160), strict=True)]
        assert sent[0] != sent[1]
        for _ in range(workers):
            assert sent == settled(lambda: [counted(server) for server in servers], sent)
        assert [workers] * 2 == [value(server, "mcp_monitor_workers") for server in servers]


@pytest.mark.parametrize("name", ["gunicorn sync", "gunicorn gthread preload", "uvicorn", "hypercorn"])
def test_our_command_prepares_the_directory_and_cleans_up(name):
    """``mcp-perf run -- gunicorn …``: all workers share what it has made, and afterwards it is gone."""
    known = command(name)
    with running(Command(("-m", "mcp_perf", "run", "--", sys.executable, *known.arguments), APPS)) as server:
        pid = server.process.pid
        sent, _ = spread(server, COUNT)
        for _ in range(COUNT):
            assert sent == settled(lambda: counted(server), sent), server.output()[-4000:]
        assert COUNT == value(server, "mcp_monitor_workers")
        assert shared_directory(pid, "run").is_dir()
        server.terminate()
        server.wait()
        assert shared_directory(pid, "run") is None


RELOADERS = {
    "django": ("many_django.py", "runserver", HOST + ":{port}"),
    "flask": ("-m", "flask", "--app", "many_flask", "run", "--debug", "--port", "{port}"),
    "uvicorn": ("-m", "uvicorn", "many_changing:asgi", "--reload", "--host", HOST, "--port", "{port}"),
}


def serving_pid(server):
    """The process that answers, None as long as there is none. Whoever asks for it is not counted."""
    try:
        return json.loads(server.ask("/metrics/summary")[2])["process"]["pid"]
    except (OSError, ValueError):  # it may end in the midst of an answer
        return None


def reload(server, file):
    """Change a file until another process answers; gives its pid."""
    before = serving_pid(server)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        os.utime(file)
        # A reloader that has just begun may not have known yet how old the file was: then once more.
        if settled(lambda: serving_pid(server) in (None, before), False, PATIENCE / 4) is False:
            return serving_pid(server)
    raise AssertionError(f"there was no reload\n{server.output()}")


@pytest.mark.parametrize("name", RELOADERS)
def test_nothing_is_lost_by_a_reload(name, tmp_path):
    """A development server starts a new process when a file has changed: counters go on where they were."""
    for file in APPS.glob("many*.py"):
        shutil.copy(file, tmp_path)
    (tmp_path / "changing.py").write_text("")
    with running(Command(RELOADERS[name], tmp_path)) as server:
        first, before = spread(server, 1, 40)
        assert first == settled(lambda: counted(server), first), server.output()
        assert before != {reload(server, tmp_path / "changing.py")}
        assert first == counted(server)
        second, after = spread(server, 1, 40)

        assert before != after
        assert first + second == settled(lambda: counted(server), first + second), server.output()
        assert 1 == value(server, "mcp_monitor_workers")
