"""Real servers: their workers find each other without a setting, and nobody else."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import sys
import time
from functools import partial

import pytest
from support.programs import need_module
from support.servers import (
    APPS,
    HOST,
    PATIENCE,
    Command,
    Server,
    free_port,
    granian,
    gunicorn,
    hypercorn,
    running,
    settled,
    uvicorn,
    uwsgi,
)

pytestmark = pytest.mark.real

TWO = ("--workers", "2")
SERVERS = {"uvicorn": uvicorn, "gunicorn": gunicorn, "hypercorn": hypercorn, "uwsgi": uwsgi}
of_asgi, of_wsgi = (
    {
        **{name: partial(server, f"origins:{face}", directory=APPS) for name, server in SERVERS.items()},
        "granian": partial(granian, f"origins:{face}", interface=face, directory=APPS),
    }
    for face in ("asgi", "wsgi")
)
MASTER = ("--master", "--processes", "2")
SEVERAL = {
    "gunicorn sync": of_wsgi["gunicorn"](*TWO),
    "gunicorn gthread": of_wsgi["gunicorn"](*TWO, worker="gthread"),
    "gunicorn uvicorn": of_asgi["gunicorn"](*TWO, worker="uvicorn.workers.UvicornWorker"),
    "gunicorn asgi": of_asgi["gunicorn"](*TWO, worker="asgi"),
    "gunicorn preload": of_wsgi["gunicorn"](*TWO, "--preload"),
    "uvicorn": of_asgi["uvicorn"](*TWO),
    "uvicorn.run": Command(("origins_main.py", "{port}"), APPS),
    "hypercorn": of_asgi["hypercorn"](*TWO),
    "granian asgi": of_asgi["granian"](*TWO),
    "granian wsgi": of_wsgi["granian"](*TWO),
    "uwsgi": of_wsgi["uwsgi"](*MASTER),
    "uwsgi lazy": of_wsgi["uwsgi"](*MASTER, "--lazy-apps"),
}
# Imported by gunicorn's arbiter, or for a spawned child that does not know yet what it is.
TOLD_LATER = {"gunicorn preload", "uvicorn.run"}
ALONE = {
    "uvicorn": of_asgi["uvicorn"](),
    "hypercorn": of_asgi["hypercorn"]("--workers", "0"),
    "uwsgi": of_wsgi["uwsgi"](),
}


def serving(name, command):
    """The server of that name, from when it listens; the test is skipped where it is not installed."""
    program = name.partition(" ")[0]
    need_module({"uwsgi": "uwsgidecorators", "uvicorn.run": "uvicorn"}.get(program, program))
    if name == "gunicorn asgi" and importlib.util.find_spec("gunicorn.workers.gasgi") is None:
        pytest.skip("this gunicorn has no worker of its own for ASGI")
    return running(command)


def told(server):
    """What the process that answers is told of itself."""
    status, _, body = server.ask("/")
    assert 200 == status, server.output()
    return json.loads(body)


def workers(server, count):
    """What `count` different processes of a server are told, by their numbers."""
    found = {}
    deadline = time.monotonic() + PATIENCE
    while len(found) < count and time.monotonic() < deadline:
        # Several at once, so that not always the same worker takes them.
        connections = [socket.create_connection((HOST, server.port), timeout=PATIENCE) for _ in range(4)]
        for connection in connections:
            with connection, connection.makefile("rb") as answer:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
                one = json.loads(answer.read().rpartition(b"\r\n\r\n")[2])
                found[one["pid"]] = one
    assert count == len(found), server.output()
    return found


@pytest.mark.parametrize("name", SEVERAL)
def test_workers_of_one_server_have_one_origin(name):
    """The process that has started them, told already while the application is imported, if it can be."""
    with serving(name, SEVERAL[name]) as server:
        found = workers(server, 2).values()
    assert {server.process.pid} == {one["origin"][0] for one in found}
    assert 1 == len({tuple(one["origin"]) for one in found})
    assert {server.process.pid} == {one["parent"] for one in found}
    assert {None} == {one["doubt"] for one in found}
    for one in found:
        assert (None if name in TOLD_LATER else one["origin"]) == one["at_import"]["origin"]
        assert one["at_import"]["doubt"] is None


@pytest.mark.parametrize("name", ALONE)
def test_a_server_of_one_process_has_none(name):
    """One process is assumed, without a warning."""
    with serving(name, ALONE[name]) as server:
        one = told(server)
    assert (None, None) == (one["origin"], one["doubt"])


def test_uwsgi_without_a_master_is_doubted():
    """Nobody tells its processes that they belong together."""
    with serving("uwsgi", of_wsgi["uwsgi"]("--processes", "2")) as server:
        one = told(server)
    assert (None, "uWSGI runs 2 processes without a master") == (one["origin"], one["doubt"])


def is_alive(pid):
    """Whether there is a process of that number, were it one that nobody has asked how it ended."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_is_started_again_finds_its_siblings():
    """Whatever has ended its predecessor."""
    with serving("gunicorn", of_wsgi["gunicorn"]()) as server:
        before = told(server)
        os.kill(before["pid"], signal.SIGKILL)
        assert settled(lambda: is_alive(before["pid"]), False) is False
        after = told(server)
    assert before["pid"] != after["pid"]
    assert before["origin"] == after["origin"]


def test_services_from_one_shell_are_strangers():
    """Two servers with workers, and one without, started side by side."""
    ports = [free_port(), free_port()]
    lines = [[sys.executable, "-m", "gunicorn", "origins:wsgi", "--bind", f"{HOST}:{port}"] for port in ports]
    lines.append([sys.executable, "-m", "uvicorn", "origins:asgi", "--host", HOST, "--port", "{port}"])
    script = "".join(" ".join(line) + " & " for line in lines)
    shell = Command(("sh", "-c", f"{script} wait"), APPS)
    with running(shell) as alone:
        servers = [Server(alone.process, port, alone._log) for port in ports]
        assert settled(lambda: all(server.is_listening() for server in servers), True)
        first, second = (told(server) for server in servers)
        third = told(alone)
    assert first["origin"] != second["origin"]
    assert (first["parent"], second["parent"]) == (first["origin"][0], second["origin"][0])
    assert third["origin"] is None


def test_services_from_one_script_are_strangers():
    """A server that somebody runs in a child of his own is none of ours to join with another one."""
    port = free_port()
    with running(Command(("origins_main.py", "{port}", str(port)), APPS)) as one:
        other = Server(one.process, port, one._log)
        assert settled(other.is_listening, True)
        for server in (one, other):
            answer = told(server)
            assert server.process.pid == answer["parent"]
            assert answer["origin"] is None
            assert "it was started by multiprocessing, for uvicorn.main.run" == answer["doubt"]


RELOADERS = {
    "django": ("origins_django.py", "runserver", HOST + ":{port}"),
    "flask": ("-m", "flask", "--app", "origins_flask", "run", "--debug", "--port", "{port}"),
    "uvicorn": ("-m", "uvicorn", "origins:asgi", "--reload", "--host", HOST, "--port", "{port}"),
}


@pytest.mark.parametrize("name", RELOADERS)
def test_a_reloaded_process_finds_its_predecessor(name, tmp_path):
    """The origin is the reloader, before and after a file has changed."""
    for file in APPS.glob("origins*.py"):
        shutil.copy(file, tmp_path)
    with running(Command(RELOADERS[name], tmp_path)) as server:
        before = told(server)
        assert server.process.pid == before["parent"] == before["origin"][0]
        deadline = time.monotonic() + PATIENCE
        after = before
        while after["pid"] == before["pid"] and time.monotonic() < deadline:
            # Again and again: a reloader that has just begun does not know yet how old the file was.
            os.utime(tmp_path / "origins.py")
            time.sleep(0.3)
            try:
                after = told(server)
            except OSError:  # it is not there yet
                pass
    assert before["pid"] != after["pid"], server.output()
    assert before["origin"] == after["origin"]
