"""The template of the route that a Starlette or FastAPI router matched, read from what it left in the scope.

No route is matched a second time, but for a mount whose path has parameters. What a router leaves differs
by version: the newest Starlette sets ``scope["route"]`` to what it matched, older ones only
``scope["endpoint"]``; FastAPI sets ``scope["route"]`` for its own routes, which lack the prefix of an
included router in current versions, where ``scope["fastapi"]["effective_route_context"]`` has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]

_KEPT = 1024  # mount prefixes and routers remembered


class Templates:
    """Finds templates, and remembers what takes a walk through the routes."""

    def __init__(self) -> None:
        self._prefixes: dict[tuple[int, str], str] = {}
        self._indexes: dict[int, _Index] = {}

    def of(self, scope: Scope) -> str | None:
        """The whole template, with the mounts in front; None where no route matched."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return _frontend(scope)
        path = self._path(scope, endpoint)
        outside = scope.get("app_root_path")  # set by the first mount to what the server said
        if outside is None or path is None or scope["root_path"] == outside:
            return path
        return self._prefix(scope, outside) + path

    def _path(self, scope: Scope, endpoint: object) -> str | None:
        """The path of the innermost route, below the mounts; empty for what a mount serves by itself."""
        fastapi = scope.get("fastapi")
        context = fastapi.get("effective_route_context") if fastapi is not None else None
        if context is not None:
            route = context.starlette_route or context
            if getattr(route, "endpoint", None) is endpoint:
                return route.path  # type: ignore[no-any-return]
        route = scope.get("route")
        if route is not None and getattr(route, "endpoint", None) is endpoint:
            return route.path  # type: ignore[no-any-return]
        router = scope.get("router")
        if router is None:
            return None
        index = self._indexes.get(id(router))
        if index is None or index.stale():
            if len(self._indexes) >= _KEPT:
                self._indexes.clear()
            index = self._indexes[id(router)] = _Index(router)
        return index.path(endpoint, scope)

    def _prefix(self, scope: Scope, outside: str) -> str:
        router = scope["router"]
        consumed = scope["root_path"][len(outside) :]
        prefix = self._prefixes.get((id(router), consumed))
        if prefix is None:
            path = scope["path"]
            if outside and path.startswith(outside):
                path = path[len(outside) :]
            prefix = _walk(router.routes, path, consumed)
            if prefix is None:
                prefix = _unfill(consumed, scope.get("path_params", _NOTHING))
            if len(self._prefixes) < _KEPT:
                self._prefixes[id(router), consumed] = prefix
        return prefix


_NOTHING: dict[str, Any] = {}


class _Index:
    """The routes of one router by endpoint, for the versions that leave no route in the scope."""

    def __init__(self, router: Any) -> None:
        self._router = router  # kept alive, so that its id stays its own
        self._count = len(router.routes)
        self._routes: dict[int, list[Any]] = {}
        self._mounted: dict[int, bool] = {}
        for route in _every(router.routes):
            if hasattr(route, "endpoint"):
                self._routes.setdefault(id(route.endpoint), []).append(route)
            elif hasattr(route, "app"):
                self._mounted[id(route.app)] = hasattr(route, "path") and not _routes_below(route)

    def stale(self) -> bool:
        """Whether the router has got routes since."""
        return len(self._router.routes) != self._count

    def path(self, endpoint: object, scope: Scope) -> str | None:
        """The path of the route with that endpoint, empty for an application that a mount serves."""
        routes = self._routes.get(id(endpoint))
        if routes is None:
            # An application with routes of its own, of which none matched, is a mount that matched nothing.
            return "" if self._mounted.get(id(endpoint)) else None
        paths: set[str] = {route.path for route in routes}
        if len(paths) > 1:
            path, root = scope["path"], scope.get("root_path", "")
            below = path[len(root) :] if root and path.startswith(root) else path
            paths = {route.path for route in routes if route.path_regex.match(below)} or paths
        return min(paths)


def _every(routes: Iterable[Any]) -> Iterator[Any]:
    for route in _flat(routes):
        yield route
        yield from _every(_routes_below(route))


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes with FastAPI's included routers replaced by what they include, under their prefixes."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            for context in contexts():
                yield context.starlette_route or context


def _routes_below(route: Any) -> Iterable[Any]:
    """The routes of the application that a mount or host leads to, seen through middlewares."""
    app = getattr(route, "app", None) if not hasattr(route, "endpoint") else None
    for _ in range(16):
        if app is None:
            break
        routes = getattr(app, "routes", None)
        if isinstance(routes, list):
            return routes
        app = getattr(app, "app", None)
    return ()


def _walk(routes: Iterable[Any], path: str, consumed: str) -> str | None:
    """The templates of the mounts that took `consumed` from the front of `path`, None if these did not."""
    if not consumed:
        return ""
    for route in _flat(routes):
        if hasattr(route, "endpoint"):
            continue
        if hasattr(route, "host"):
            prefix = _walk(_routes_below(route), path, consumed)
            if prefix is not None:
                return prefix
        match = route.path_regex.match(path) if hasattr(route, "path_regex") else None
        if match is None:
            continue
        rest = "/" + match.group("path")
        taken = path[: len(path) - len(rest)]
        if consumed.startswith(taken):
            prefix = _walk(_routes_below(route), rest, consumed[len(taken) :])
            if prefix is not None:
                return str(route.path) + prefix
    return None


def _unfill(path: str, params: MutableMapping[str, Any]) -> str:
    """`path` with the values of parameters taken out again, where no mount could be found for it."""
    names = {str(value): name for name, value in params.items()}
    return "/".join(f"{{{names[part]}}}" if part in names else part for part in path.split("/"))


def _frontend(scope: Scope) -> str | None:
    """The path of what FastAPI's ``frontend()`` serves, which has no endpoint."""
    below = scope.get("fastapi", _NOTHING).get("frontend_path")
    if below is None:
        return None
    path: str = scope["path"]
    return "/" + path[: len(path) - len(below)].strip("/")
