"""The exports of one monitor: each made of keywords, none there twice, all begun by what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..faults import Outages
from ..pace import Pace
from ..registry.snapshot import Snapshot
from .export import Export
from .options import options_of


class Exports:
    """Pushes what `take` reads of a monitor in `namespace` of the `service`, if it `is_enabled`.

    `db_system` is what its database operations are asked of.

    `directory` gives a descriptor of the directory that workers share, or None.
    """

    def __init__(
        self,
        *,
        namespace: str,
        service: str,
        db_system: str,
        is_enabled: bool,
        directory: Callable[[], int | None],
        take: Callable[[Pace], Snapshot],
        outages: Outages,
    ) -> None:
        self._namespace = namespace
        self._service = service
        self._db_system = db_system
        self._is_enabled = is_enabled
        self._directory = directory
        self._take = take
        self._outages = outages
        self._all: list[Export] = []

    def __iter__(self) -> Iterator[Export]:
        return iter(self._all)

    def add(self, keywords: Mapping[str, Any]) -> Export:
        """One more, of these keywords; raises as `options_of` does, and ValueError where it is there already.

        Several with exporters of the user's own may be alike, if all workers make them in the same order.
        """
        options = options_of(keywords)
        self._all = [one for one in self._all if not one.is_over]
        number = sum(one.options.name() == options.name() for one in self._all)
        if number and options.exporter is None:
            raise ValueError("export_otlp has been called already with the same endpoint and options")
        export = Export(
            options if self._is_enabled else replace(options, is_off=True),
            name=f"{options.name()}-{number}",
            namespace=self._namespace,
            service=self._service,
            db_system=self._db_system,
            directory=self._directory,
            take=self._take,
            failed=self._outages.failed,
            recovered=self._outages.recovered,
        )
        self._all.append(export)
        return export

    def begin(self) -> None:
        """Something is measured: push from now on."""
        for one in self._all:
            one.begin()
