"""A bar that says how far the queries are."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .reading import Progress


@contextmanager
def bar() -> Iterator[Progress]:
    """A bar on standard error, if that is a terminal and there is rich to draw it."""
    if not sys.stderr.isatty() or importlib.util.find_spec("rich") is None:
        yield lambda share: None  # noqa: ARG005
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task("asking", total=1.0)
        yield lambda share: drawn.update(task, completed=share)
