"""An application with many series, which serves its metrics itself and on a port of their own: `app`."""

from mcp_perf import PerformanceMonitor
from mcp_perf.adapters.asgi import instrument
from mcp_perf.serving import limits

SERIES = 20_000

# Shorter than for real clients, so that a test sees them end.
limits.ASKING_SECONDS = limits.ANSWERING_SECONDS = 2.0
limits.LINGERING_SECONDS = 0.1

monitor = PerformanceMonitor(registry=None, max_series=SERIES)
sold = monitor.counter("sold", "Sold.", ["kind"])
kinds = [sold.labels(f"{number:0200}") for number in range(SERIES)]
port = monitor.serve(port=0)


async def application(scope, receive, send):
    """Says the number of the other port; ``/sell`` changes every series."""
    if scope["type"] == "lifespan":
        for kind in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{kind}.complete"})
        return
    if scope["path"] == "/sell":
        for kind in kinds:
            kind.inc()
    body = b"%d" % port.port
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


app = instrument(application, monitor=monitor)
