"""OTLP: what a monitor measures, pushed by OpenTelemetry's own exporters to whatever takes it."""

from .export import Export
from .options import Options, options_of

__all__ = ["Export", "Options", "options_of"]
