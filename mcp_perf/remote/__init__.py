"""Asking over HTTP: a service by its metrics app, or a Prometheus (or what speaks its API)."""

from .client import Client, NoAnswerError, TooMuchError
from .finding import found
from .prometheus import Prometheus, Vector
from .service import Service

__all__ = ["Client", "NoAnswerError", "Prometheus", "Service", "TooMuchError", "Vector", "found"]
