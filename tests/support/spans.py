"""Spans that a test can look at, made by the real SDK."""

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter


class Spans:
    """A tracer provider, and the spans that have ended in it; keywords are the provider's own."""

    def __init__(self, **settings):
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False, **settings)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = self.provider.get_tracer("test")

    @property
    def ended(self):
        """In the order of their ends."""
        return list(self._exporter.get_finished_spans())

    def names(self):
        """Their names, in that order."""
        return [span.name for span in self.ended]

    def one(self, name):
        """The only one of that name."""
        (span,) = [span for span in self.ended if span.name == name]
        return span

    def tree(self):
        """Name by name, the name of the parent: None for none, the id for a remote one."""
        names = {span.context.span_id: span.name for span in self.ended}
        return {
            span.name: None
            if span.parent is None
            else names.get(span.parent.span_id, f"{span.parent.span_id:016x}")
            for span in self.ended
        }
