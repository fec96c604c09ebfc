"""As `many`, and what it measures is pushed by OTLP, as the environment says."""

from mcp_perf import configure

configure(otlp=True)

from many import asgi, wsgi  # noqa: E402

__all__ = ["asgi", "wsgi"]
