"""As ``many``, with history in steps of a second."""

from mcp_perf import configure

configure(history="1s:2m, 5s:10m")

from many import asgi, wsgi  # noqa: E402, F401
