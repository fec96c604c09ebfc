"""The exports of one monitor: each made of keywords, none there twice, all begun by what is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from ..faults import Outages
from ..history.home import Home
from ..pace import Pace
from ..registry.snapshot import Snapshot
from ..storage.forks import expect
from .desk import Desk
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
        # The last one of each name: of one that is over the next goes on from what it has told.
        self._all: dict[str, Export] = {}
        expect(self)

    def __iter__(self) -> Iterator[Export]:
        return iter([one for one in self._all.values() if not one.is_over])

    @property
    def patience(self) -> float:
        """Seconds after which what was measured has been pushed, if it is taken: 0 without an export."""
        # Two intervals, since another process may have to notice first that it is its turn.
        times = [
            2 * one.interval + one.timeout for one in (export.options for export in self) if not one.is_off
        ]
        return max(times, default=0.0)

    def add(self, keywords: Mapping[str, Any]) -> Export:
        """One more, of these keywords; raises as `options_of` does, and ValueError where it is there already.

        Several with exporters of the user's own may be alike, if all workers make them in the same order.
        """
        options = options_of(keywords)
        taken = {one.name for one in self}
        number, name = next(
            (number, name) for number in count() if (name := f"{options.name()}-{number}") not in taken
        )
        if number and options.exporter is None:
            raise ValueError("export_otlp has been called already with the same endpoint and options")
        before = self._all.get(name)
        export = Export(
            options if self._is_enabled else replace(options, is_off=True),
            name=name,
            namespace=self._namespace,
            service=self._service,
            db_system=self._db_system,
            desk=before.desk if before is not None else Desk(Home(self._directory, name)),
            take=self._take,
            failed=self._outages.failed,
            recovered=self._outages.recovered,
        )
        self._all = {**self._all, name: export}  # whole at any time, for other threads go through it
        return export

    def begin(self) -> None:
        """Something is measured: push from now on."""
        for one in self:
            one.begin()

    def forking(self) -> None:
        """There will be a child, which is to find what was told, and be it by one that is over."""
        for one in self._all.values():
            one.forking()
