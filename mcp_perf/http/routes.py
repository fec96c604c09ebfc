"""What the label `route` reads: who is asked for it, in which order, and what is made of the answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..faults import Faults
from ..settings import HttpSettings
from .facts import Facts

UNMATCHED = "<unmatched>"

# Stands where a route will be once the framework has been asked for it.
UNASKED = object()


@dataclass(frozen=True)
class Reader:
    """How an adapter reads its source, which is what it has of a request.

    `path` gives the raw path below what a server or mount has taken. `template` gives the whole template of
    the route that matched, None where none did, and is itself None where there is no router. `forgets` says
    that the template is gone once the body is on its way. `ready_size` gives the size in bytes, or more, of
    an answer's body that lies ready inside of what the application has returned, None where it does not.
    `facts` gives what a request says of itself. `is_traced_inside` says whether the application makes a
    server span of its own for each request, whatever is around it.
    """

    path: Callable[[Any], str]
    facts: Callable[[Any], Facts]
    template: Callable[[Any], str | None] | None = None
    forgets: bool = False
    ready_size: Callable[[Any], int | None] | None = None
    is_traced_inside: Callable[[], bool] | None = None


class Routes:
    """Asks the user's ``route=``, then the framework, then the user's ``normalize_path=``.

    `unasked` is what a route is before: `UNASKED`, or None where there is nobody to ask.
    """

    def __init__(self, settings: HttpSettings, reader: Reader, faults: Faults) -> None:
        self._reader = reader
        self._route = settings.route
        self._normalize = settings.normalize_path
        self._faults = faults
        self._is_set = settings.route is not None or settings.normalize_path is not None
        self.unasked = UNASKED if self._is_set or reader.template is not None else None

    def asked(self) -> Callable[[Any], str | None]:
        """Whom to ask: the framework itself where the user has set nothing, which saves a call."""
        if self._reader.template is None or self._is_set:
            return self.of
        return self._reader.template

    def of(self, source: Any) -> str | None:
        """The route of a request, None where nobody knows one. A fault of who is asked counts as None."""
        try:
            route = self._route(source) if self._route is not None else None
            if route is None and self._reader.template is not None:
                route = self._reader.template(source)
            if route is None and self._normalize is not None:
                route = self._normalize(self._reader.path(source))
        except Exception as error:
            self._faults.lost("route", error)
            return None
        if isinstance(route, str):
            return str.__str__(route)  # a plain one: what a subclass does when it is hashed may fail
        if route is not None:
            # A fault once for each request, however often its label is asked for.
            self.label(route)
        return None

    def template_so_far(self, source: Any) -> str | None:
        """What the framework alone knows of a request that has not ended; None too where that fails.

        For who looks on from another thread: it changes nothing, and no fault of it counts.
        """
        try:
            if self._is_set or self._reader.template is None:
                return None
            template = self._reader.template(source)
        except Exception:
            return None
        return template if isinstance(template, str) else None

    def label(self, route: object) -> str:
        """The label of a route: with a leading slash, `<unmatched>` for None and for what is no string."""
        if route is None:
            return UNMATCHED
        if not isinstance(route, str):
            self._faults.lost(
                "route", TypeError(f"a route must be a string or None, not a {type(route).__name__}")
            )
            return UNMATCHED
        if route == UNMATCHED or route.startswith("/"):
            return route
        return "/" + route
