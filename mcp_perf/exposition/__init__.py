"""Exposition: a snapshot as prometheus_client sees it, and as the bytes of ``/metrics``."""

from .collector import Collector, expose
from .scrape import Exposition

__all__ = ["Collector", "Exposition", "expose"]
