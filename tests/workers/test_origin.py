"""Which process siblings have in common, told from what a server leaves in its processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from gunicorn.workers.base import Worker

from mcp_perf.workers.meeting import origin as origins
from mcp_perf.workers.meeting.origin import Origin

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")

TELL = """\
import json, os, sys
from mcp_perf.workers.meeting import origin as origins

def tell():
    origin = origins.origin()
    print(json.dumps([os.getpid(), os.getppid(), origin and origin.pid, origins.doubt()]), flush=True)
"""


@pytest.fixture
def script(tmp_path):
    """``script(source, *arguments)`` runs a script that calls `tell()`; gives what each call told."""

    def run(source, *arguments, **environment):
        path = tmp_path / "script.py"
        path.write_text(TELL + source)
        done = subprocess.run(
            [sys.executable, path, *arguments],
            capture_output=True,
            check=True,
            env={**os.environ, **environment},
        )
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.fixture
def worker():
    """A gunicorn worker that this process might be, once one of its handlers is installed."""
    one = object.__new__(Worker)
    one.pid, one.ppid = os.getpid(), os.getppid()
    before = signal.getsignal(signal.SIGUSR1)
    yield one
    signal.signal(signal.SIGUSR1, before)


def test_a_process_that_no_server_has_started_has_no_siblings():
    """No origin is told, and nothing speaks for one."""
    assert origins.origin() is None
    assert origins.doubt() is None


@linux
def test_a_process_is_known_by_its_number_and_its_start(tmp_path):
    """Two processes differ though they have one number, whatever the program is called."""
    ours = origins.this_process()
    comm = Path("/proc/self/comm")
    name = comm.read_text()
    try:
        comm.write_text("a) R 1 (")
        assert ours == origins.this_process() == Origin(os.getpid(), ours.started)
    finally:
        comm.write_text(name.strip())
    assert ours.started.isdigit()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as other:
        assert int(origins.started(other.pid)) > int(ours.started)
    assert "" == origins.started(other.pid)


def test_a_gunicorn_worker_is_known_by_its_handlers(worker):
    """The origin is its arbiter."""
    signal.signal(signal.SIGUSR1, worker.handle_usr1)
    parent = os.getppid()
    assert Origin(parent, origins.started(parent)) == origins.origin()


@pytest.mark.parametrize("which", ["pid", "ppid"])
def test_a_fork_of_a_gunicorn_worker_is_none(worker, which):
    """What a worker forks has its handlers, but neither its number nor its parent."""
    signal.signal(signal.SIGUSR1, worker.handle_usr1)
    setattr(worker, which, 1 << 22)
    assert origins.origin() is None


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_children_of_multiprocessing_with_functions_of_ones_own_are_strangers(script, method):
    """No origin is told of them, but why they may be siblings."""
    told = script(
        f"""
import multiprocessing
def one(): tell()
def other(): tell()
class Third(multiprocessing.get_context({method!r}).Process):
    def run(self): tell()
if __name__ == "__main__":
    tell()
    context = multiprocessing.get_context({method!r})
    for process in (context.Process(target=one), context.Process(target=other), Third()):
        process.start(); process.join()
"""
    )
    module = "__mp_main__" if method == "spawn" else "__main__"
    told_of = "it was started by multiprocessing, for {}.{}".format
    expected = [None, told_of(module, "one"), told_of(module, "other"), told_of(module, "Third")]
    assert [None] * 4 == [origin for _, _, origin, _ in told]
    assert expected == [doubt for *_, doubt in told]


def test_a_module_imported_for_a_spawned_child_knows_nothing_yet(script):
    """The main module is imported before the child knows what it is; it is told nothing, and no doubt."""
    told = script(
        """
import multiprocessing
tell()
def one(): pass
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=one)
    process.start(); process.join()
"""
    )
    assert 2 == len({pid for pid, *_ in told})
    assert [[None, None]] * 2 == [rest for _, _, *rest in told]


RELOADER = """
import subprocess
if os.environ.get({variable!r}) == "true":
    tell()
    if sys.argv[1:] == ["serve"]:
        subprocess.run([sys.executable, sys.argv[0], "work"])
else:
    for _ in range(2):
        environment = {{**os.environ, {variable!r}: "true"}}
        subprocess.run([sys.executable, "-Wdefault", *sys.argv], env=environment)
"""


@linux
@pytest.mark.parametrize("variable", ["RUN_MAIN", "WERKZEUG_RUN_MAIN"])
def test_a_reloaded_process_has_its_reloader_as_origin(script, variable):
    """The restarted child finds its predecessor; what the child starts inherits the variable in vain."""
    first, its_child, second, its_other_child = script(RELOADER.format(variable=variable), "serve")
    for pid, parent, origin, doubt in (first, second):
        assert parent == origin != pid
        assert doubt is None
    assert first[1] == second[1]
    for pid, parent, origin, doubt in (its_child, its_other_child):
        assert parent in (first[0], second[0])
        assert pid not in (first[0], second[0])
        assert (None, None) == (origin, doubt)


def uwsgi(master, processes):
    """The module that uWSGI has in its processes."""
    return SimpleNamespace(masterpid=lambda: master, numproc=processes)


def test_a_uwsgi_worker_is_told_by_its_master(monkeypatch):
    """The origin is the master, for the master too, which imports the application before it forks."""
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi(os.getppid(), 2))
    assert os.getppid() == origins.origin().pid
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi(os.getpid(), 2))
    assert origins.this_process() == origins.origin()
    assert origins.doubt() is None


def test_a_process_forked_by_a_uwsgi_worker_is_none(monkeypatch):
    """Its master is not its parent."""
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi(1 << 22, 2))
    assert origins.origin() is None


@pytest.mark.parametrize(("processes", "doubt"), [(1, None), (4, "uWSGI runs 4 processes without a master")])
def test_uwsgi_without_a_master_is_told_when_it_has_several_processes(monkeypatch, processes, doubt):
    """No origin, and a doubt only where there is more than one process."""
    monkeypatch.setitem(sys.modules, "uwsgi", uwsgi(0, processes))
    assert origins.origin() is None
    assert doubt == origins.doubt()


@pytest.mark.parametrize("name", ["uwsgi", "gunicorn.workers.base", "multiprocessing.process"])
@pytest.mark.parametrize("module", [None, SimpleNamespace(), SimpleNamespace(masterpid="x", Worker="x")])
def test_a_module_that_is_something_else_harms_nobody(monkeypatch, name, module):
    """A module that has only a server's name is passed over."""
    monkeypatch.setitem(sys.modules, name, module)
    assert origins.origin() is None
    assert origins.doubt() is None


@pytest.mark.parametrize("variable", ["RUN_MAIN", "WERKZEUG_RUN_MAIN"])
def test_a_variable_that_is_merely_set_tells_nothing(monkeypatch, variable):
    """The parent must be a reloader: one that runs the same command."""
    monkeypatch.setenv(variable, "true")
    monkeypatch.setattr(sys, "argv", ["manage.py", "runserver"])
    monkeypatch.setattr(sys, "orig_argv", [sys.executable, "manage.py", "runserver"])
    assert origins.origin() is None or not sys.platform.startswith("linux")
