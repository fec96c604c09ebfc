"""Servers with four workers, over applications of ``tests/real/apps``, without any setting of ours."""

from support.programs import need_module
from support.servers import APPS, granian, gunicorn, hypercorn, running, uvicorn, uwsgi

COUNT = 4
OPTION = ("--workers", str(COUNT))
_MASTER = ("--master", "--processes", str(COUNT))
_OF_GUNICORN = {
    "gunicorn sync": ("wsgi", "sync"),
    "gunicorn gthread": ("wsgi", "gthread"),
    "gunicorn uvicorn": ("asgi", "uvicorn.workers.UvicornWorker"),
}
_OTHERS = {
    "uvicorn": (uvicorn, "asgi", OPTION, {}),
    "hypercorn": (hypercorn, "asgi", OPTION, {}),
    "granian asgi": (granian, "asgi", OPTION, {"interface": "asgi"}),
    "granian wsgi": (granian, "wsgi", OPTION, {"interface": "wsgi"}),
    "uwsgi": (uwsgi, "wsgi", _MASTER, {}),
    "uwsgi lazy": (uwsgi, "wsgi", (*_MASTER, "--lazy-apps"), {}),
}
# The application is imported once, in the process that forks the workers.
PRELOADED = (*(f"{name} preload" for name in _OF_GUNICORN), "uwsgi")
NAMES = (*_OF_GUNICORN, *(f"{name} preload" for name in _OF_GUNICORN), *_OTHERS)


def command(name, module="many", *options):
    """The command of the server `name` for an application's module."""
    kind = name.removesuffix(" preload")
    if kind in _OF_GUNICORN:
        face, worker = _OF_GUNICORN[kind]
        preload = ("--preload",) if kind != name else ()
        return gunicorn(f"{module}:{face}", *OPTION, *preload, *options, worker=worker, directory=APPS)
    server, face, more, keywords = _OTHERS[name]
    return server(f"{module}:{face}", *more, *options, directory=APPS, **keywords)


# Options of gunicorn where many workers follow each other.
QUICKLY = ("--config", "many_gunicorn.py")


def serving(name, module="many", *options):
    """The server `name`, from when it listens; the test is skipped where it is not installed."""
    program = name.partition(" ")[0]
    need_module({"uwsgi": "uwsgidecorators"}.get(program, program))
    return running(command(name, module, *options))
