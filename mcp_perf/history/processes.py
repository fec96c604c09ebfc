"""What the operating system says of all workers, as history keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ..registry.snapshot import WorkerReading

_CPU = "cpu_seconds"
# CPU seconds by pid.
Spent: TypeAlias = dict[float, float]
_KEPT = ("resident_memory_bytes", "open_fds")


class Processes:
    """Adds up what the processes of a service use, and keeps how much of the CPU each has used."""

    def __init__(self) -> None:
        self._spent: Spent | None = None

    def compare(self, workers: Iterable[WorkerReading]) -> tuple[Mapping[str, float], Spent]:
        """CPU seconds since somebody settled last, and bytes, descriptors and workers as of now.

        And what each process has spent, to settle.
        """
        said = [worker.process for worker in workers]
        found = {"workers": float(len(said))}
        for name in _KEPT:
            values = [one[name] for one in said if name in one]
            if values:
                found[name] = sum(values)
        spent = {one["pid"]: one[_CPU] for one in said if _CPU in one}
        if self._spent is not None and spent:
            before = self._spent
            # A process that was not there has spent all of it since.
            found[_CPU] = sum(max(total - before.get(pid, 0.0), 0.0) for pid, total in spent.items())
        return found, spent

    def settle(self, spent: Spent) -> None:
        """Go on from there."""
        self._spent = spent
