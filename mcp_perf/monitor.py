"""The monitor: settings, registry and the instruments over them, put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from . import catalogue
from .access import OFF
from .catalogue import FamilySpec
from .custom import Counter, Gauge, Histogram, Instrument, define, merge_of
from .exposition import Collector, Exposition
from .faults import Outages
from .history import History, Home, Sampler
from .http.company import Join
from .http.measure import HttpMeasure
from .http.routes import Reader
from .http.websocket import WebSocketMeasure
from .operations import Operations
from .otlp import Export, Exports
from .pace import Pace, unpaced
from .process import program
from .profiling import Profiler, SlowRequests
from .push import Gateway, Push
from .push.job import TIMEOUT
from .registry.description import FamilyDescription
from .registry.family import Family
from .registry.snapshot import Snapshot
from .settings import HttpSettings, build, build_http
from .snapshots import Snapshots
from .storage.grid import Grid
from .store import Store
from .timing import Clock
from .tracing import trace_of, tracing_of

if TYPE_CHECKING:
    from .serving import Server

T = TypeVar("T", bound=Instrument)


class PerformanceMonitor:
    """Measures one application; holds its own registry, so that two monitors never share state.

    Settings are keywords, see `mcp_perf.settings.Settings` and `HttpSettings`. Raises TypeError for an
    unknown one and ValueError for a wrong value.
    """

    def __init__(self, *, clock: Clock | None = None, **settings: Any) -> None:
        self.settings = build(settings)
        self.clock = clock if clock is not None else Clock()
        self.started_at = self.clock.wall()
        self._store = Store(
            self.settings,
            self.clock,
            self.started_at,
            made=self._made,
            # Who scrapes meanwhile must not make a series leave before it was pushed.
            patience=lambda: self._exports.patience,
        )
        self.faults = self._store.faults
        self._tracing = tracing = tracing_of(
            self.settings.tracing if self.enabled else False,
            self.settings.tracer_provider,
            self.settings.trace_sample_rate,
            clock=self.clock,
            faults=self.faults,
        )
        self.operations = Operations(self.family, self.clock, tracing, self.settings.db_system)
        self._snapshots = Snapshots(self._store, self.settings.service, self.clock)
        # Who may go along with a request.
        self._joins: list[Join] = [tracing.join] if tracing is not None else []
        self.slow_requests = SlowRequests(
            self.settings.slow_request_seconds,
            self.settings.slow_requests_kept,
            self._store.membership.directory,
            self.clock,
            self._store.troubles.note,
            trace_of,
        )
        visits = self.slow_requests.visits
        if self.enabled and (visits.is_watched or self.settings.access["profile"] is not OFF):
            self._joins.append(visits.join)
        self.profiler = Profiler(visits, self.settings.service or program())
        home = Home(self._store.membership.directory)
        self._sampler = Sampler(
            home,
            self.settings.history if self.enabled else (),
            self._snapshots.take,
            fault=self._store.troubles.note,
            clock=self.clock,
        )
        self._history = History(home, self.settings.history)
        self._exports = Exports(
            namespace=self.settings.namespace,
            service=self.settings.service,
            db_system=self.settings.db_system,
            is_enabled=self.enabled,
            directory=self._store.membership.directory,
            take=self._snapshots.take,
            outages=Outages(self.family(catalogue.MONITOR_EXPORT_ERRORS), "otlp"),
        )
        self._exposition = Exposition(
            snapshot=self._snapshots.take,
            scrapes=self.family(catalogue.MONITOR_SCRAPES),
            durations=self.family(catalogue.MONITOR_SCRAPE_DURATION),
            errors=self.family(catalogue.MONITOR_SCRAPE_ERRORS),
            clock=self.clock,
            foreign=self.settings.registry,
        )
        if self.settings.otlp is not None:
            self.export_otlp(**self.settings.otlp)

    def __repr__(self) -> str:
        return f"<PerformanceMonitor namespace={self.settings.namespace!r}>"

    @property
    def enabled(self) -> bool:
        """Whether anything is measured at all."""
        return self.settings.enabled

    @property
    def collector(self) -> Collector:
        """A prometheus_client collector of everything measured, for any `CollectorRegistry`."""
        return self._exposition.collector

    def family(self, spec: FamilySpec, labelnames: tuple[str, ...] = ()) -> Family:
        """The family of a catalogue entry in this monitor's namespace, with further label names."""
        return self._store.family(spec, labelnames)

    def _made(self, description: FamilyDescription) -> None:
        # The user's own metrics may be made, and counted, by a process that only forks workers.
        if description.section not in ("custom", "monitor"):
            self._sampler.begin()
        if description.section != "monitor":
            self._exports.begin()

    def http(self, keywords: Mapping[str, Any], reader: Reader) -> HttpMeasure:
        """The HTTP policy of one middleware.

        `keywords` go over this monitor's HTTP settings; `reader` reads what its adapter has of a request.
        """
        self._sampler.is_wanted = True
        return HttpMeasure(
            self.family, self._http_settings(keywords), reader, self.clock, self.faults, self._joins
        )

    def websocket(self, keywords: Mapping[str, Any], reader: Reader) -> WebSocketMeasure:
        """The WebSocket policy of one middleware; arguments as for `http`."""
        self._sampler.is_wanted = True
        join = self._tracing.join_connection if self._tracing is not None else None
        return WebSocketMeasure(
            self.family, self._http_settings(keywords), reader, self.clock, self.faults, join
        )

    def _http_settings(self, keywords: Mapping[str, Any]) -> HttpSettings:
        settings = build_http(self.settings.http, keywords)
        return settings if self.enabled else replace(settings, exclude=("*",))

    def counter(
        self, name: str, documentation: str, labelnames: Iterable[str] = (), *, retention: float | None = None
    ) -> Counter:
        """A counter of your own; ``_total`` is added to the name where it is missing.

        `retention` are the seconds that an idle series of it stays, the monitor's setting unless given.
        """
        return self._define(Counter, name, documentation, labelnames, retention=retention)

    def gauge(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        *,
        multiprocess_mode: str = "sum",
        retention: float | None = None,
    ) -> Gauge:
        """A gauge of your own; `retention` as for a counter, but that with ``all`` there is none.

        `multiprocess_mode` says what it reads where several workers have it: the ``sum``, ``min``, ``max`` or
        ``mostrecent`` of theirs, or ``all`` of them, each with a label `pid`.
        """
        merge = merge_of(multiprocess_mode)
        return self._define(Gauge, name, documentation, labelnames, merge=merge, retention=retention)

    def histogram(
        self,
        name: str,
        documentation: str,
        labelnames: Iterable[str] = (),
        *,
        buckets: Iterable[float] | None = None,
        retention: float | None = None,
    ) -> Histogram:
        """A histogram of your own; `retention` as for a counter.

        `buckets` are upper bounds, the monitor's own ones unless given.
        """
        bounds = Grid(buckets).classic if buckets is not None else self.settings.buckets
        return self._define(Histogram, name, documentation, labelnames, buckets=bounds, retention=retention)

    def _define(
        self, kind: type[T], name: str, documentation: str, labelnames: Iterable[str], **shape: Any
    ) -> T:
        return define(kind, self._store.custom, name, documentation, labelnames, clock=self.clock, **shape)

    def suspect_siblings(self, reason: str) -> None:
        """A server says why there are others: a warning where this process is taken for the only one."""
        if self.enabled:
            self._store.membership.suspect(reason)

    def snapshot(self, pace: Pace = unpaced) -> Snapshot:
        """The one merged, immutable reading that exposition, summary and reports read.

        `pace` is called now and then, for who does this beside an event loop.
        """
        return self._snapshots.take(pace)

    @property
    def history(self) -> History:
        """What has come to all series, step by step, since requests are measured, or this was asked first."""
        self._sampler.is_wanted = True
        self._sampler.begin()
        self._sampler.catch_up()
        return self._history

    def render(self, accept: str = "", names: Iterable[str] = ()) -> tuple[str, bytes]:
        """The content type and the bytes that ``/metrics`` answers to that Accept header.

        `names`, if any, restricts the answer to samples of these names (``name[]``).
        """
        content_type, parts = self.render_parts(accept, names)
        return content_type, b"".join(parts)

    def render_parts(
        self, accept: str = "", names: Iterable[str] = (), pace: Pace = unpaced
    ) -> tuple[str, Sequence[bytes]]:
        """As `render`, in parts, at a pace: see `snapshot`."""
        return self._exposition.render(accept, frozenset(names), pace)

    def serve(self, *, port: int, host: str = "127.0.0.1", **options: Any) -> Server:
        """Serve the metrics app on a port of its own: see `mcp_perf.serving.serve`."""
        from .serving import serve

        return serve(self, port=port, host=host, **options)

    def export_otlp(self, endpoint: str | None = None, **options: Any) -> Export:
        """Push everything measured by OTLP to `endpoint`, all workers together, every minute and at exit.

        `options` are those of `mcp_perf.otlp.Options`: protocol, headers, interval, timeout, temporality,
        histograms, names, resource, exporter. What is not given is as the standard ``OTEL_*`` variables have
        it. Raises TypeError and ValueError for wrong ones, and ImportError without the extra ``otlp``.
        """
        export = self._exports.add({**options, "endpoint": endpoint})
        if any(one.labels for one in self._store.registry.read() if one.description.section != "monitor"):
            export.begin()
        return export

    def flush(self) -> None:
        """Push the rest to wherever `export_otlp` pushes, as when the process ends, which is not told to all.

        Waits as long as those take, at most their timeouts. What comes then is pushed as ever.
        """
        for export in self._exports:
            export.finish()

    @property
    def is_exporting(self) -> bool:
        """Whether there is anything for `flush` to do."""
        return any(True for _ in self._exports)

    def push(
        self,
        gateway: str,
        job: str,
        *,
        grouping: Mapping[str, str] | None = None,
        interval: float | None = None,
        timeout: float = TIMEOUT,
        delete: bool = False,
        **access: Any,
    ) -> Push:
        """A ``with`` whose measurements go to the push gateway at that address: see `mcp_perf.push.Push`.

        They are in the group of `job` and the labels `grouping`. `access` says how to get there: auth,
        headers, ca_file, cert_file, key_file, see `mcp_perf.push.Gateway`. Raises TypeError and ValueError
        for what is wrong.
        """
        outages = Outages(self.family(catalogue.MONITOR_EXPORT_ERRORS), "push")
        return Push(
            Gateway(gateway, job, grouping if grouping is not None else {}, **access),
            namespace=self.settings.namespace,
            collector=self.collector,
            clock=self.clock,
            interval=interval,
            timeout=timeout,
            delete=delete,
            failed=outages.failed,
            recovered=outages.recovered,
        )
