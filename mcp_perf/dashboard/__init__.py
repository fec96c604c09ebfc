"""The dashboard: a page that shows what a service does, without a Prometheus and without any other host."""

from .assets import HEADERS, asset, has_library, page, script
from .data import data_of

__all__ = ["HEADERS", "asset", "data_of", "has_library", "page", "script"]
