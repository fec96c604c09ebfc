"""A port of its own for the metrics app, beside the application or without one."""

from .serve import serve
from .server import Server

__all__ = ["Server", "serve"]
