"""As `many`, with metrics of its own that are there once this is imported, wherever that is."""

from many import asgi, wsgi

from mcp_perf import get_monitor

__all__ = ["asgi", "wsgi"]

get_monitor().counter("early", "Counted while the application is imported.").inc()
get_monitor().gauge("early_level", "Set while the application is imported.").set(1)
