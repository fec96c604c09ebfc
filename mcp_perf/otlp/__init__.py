"""OTLP: what a monitor measures, pushed by OpenTelemetry's own exporters to whatever takes it."""

from .export import Export
from .exports import Exports
from .options import Options, options_of

__all__ = ["Export", "Exports", "Options", "options_of"]
