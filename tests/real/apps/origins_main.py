"""``python origins_main.py PORT``: an application that starts the server itself, in two ways."""

import multiprocessing
import sys

import uvicorn
from origins import asgi, told

HOST = "127.0.0.1"
AT_IMPORT = told()


async def app(scope, receive, send):
    await asgi(scope, receive, send)


def two_services(ports):
    """Two servers that have nothing in common but the script."""
    context = multiprocessing.get_context("spawn")
    for name, port in zip(("origins:asgi", "origins_main:app"), ports, strict=True):
        options = {"host": HOST, "port": port, "log_level": "warning"}
        context.Process(target=uvicorn.run, args=(name,), kwargs=options, daemon=True).start()
    multiprocessing.connection.wait([process.sentinel for process in multiprocessing.active_children()])


if __name__ == "__main__":
    first, *others = map(int, sys.argv[1:])
    if others:
        two_services([first, *others])
    else:
        uvicorn.run("origins_main:app", host=HOST, port=first, workers=2, log_level="warning")
elif __name__ == "__mp_main__":
    # What was told while this module was the main one of a child that was being prepared.
    import origins

    origins.AT_IMPORT = {**AT_IMPORT, "module": __name__}
