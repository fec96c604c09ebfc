"""The metrics app without a framework: a request in, an answer out."""

from .handler import Endpoint
from .request import Request, Response

__all__ = ["Endpoint", "Request", "Response"]
