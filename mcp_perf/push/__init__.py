"""Push: what a short-lived job has measured, brought to a push gateway, which keeps it for Prometheus."""

from .gateway import Gateway
from .job import Push

__all__ = ["Gateway", "Push"]
