"""The applications of ``tests/real/apps``, which have the endings that examples need not have."""

from support.servers import APPS, gunicorn, uvicorn

ASGI = {
    f"{name}-uvicorn-{parser}": uvicorn(
        f"edges_{name}:{app}", "--lifespan", "off", http=parser, directory=APPS
    )
    for name, app in (("asgi", "app"), ("fastapi", "app"), ("django", "asgi_application"))
    for parser in ("h11", "httptools")
}
WSGI = {
    f"{name}-gunicorn-{worker}": gunicorn(f"edges_{name}:{app}", worker=worker, directory=APPS)
    for name, app in (("wsgi", "app"), ("flask", "app"), ("django", "application"))
    for worker in ("sync", "gthread")
}
EDGES = {**ASGI, **WSGI}


def having(**paths):
    """Pairs of a server's name and a path, for the paths that the application of that kind has."""
    return [
        (name, path) for name in EDGES for path in paths.get(name.rpartition("-")[0].replace("-", "_"), ())
    ]
