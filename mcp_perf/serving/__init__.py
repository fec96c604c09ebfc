"""A port of its own for the metrics app, beside the application or without one."""

from .port import serve
from .server import Server

__all__ = ["Server", "serve"]
