"""The template of the route that a Starlette or FastAPI router matched, read from what it left in the scope.

What a router leaves differs by version: the newest Starlette sets ``scope["route"]`` to what it matched,
older ones only ``scope["endpoint"]``; FastAPI sets ``scope["route"]`` for its own routes, which lack the
prefix of an included router in current versions, where ``scope["fastapi"]["effective_route_context"]`` has
it. So the common case is a look at the scope; mounts are matched once more, to know their templates; and
where only the endpoint is known, its own routes are. The number of other routes never counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]

_KEPT = 1024  # lists of routes whose index is kept


class Templates:
    """Finds templates in scopes; keeps an index of each list of routes that it has looked into."""

    def __init__(self) -> None:
        self._indexes: dict[int, _Index] = {}

    def of(self, scope: Scope) -> str | None:
        """The whole template, with the mounts in front; None where no route matched."""
        endpoint = scope.get("endpoint")
        if endpoint is None:
            return _frontend(scope)
        # The path of the innermost route, below the mounts, where the router has left it. Not in a function
        # of its own, since this is all there is to do for most requests.
        fastapi = scope.get("fastapi")
        context = fastapi.get("effective_route_context") if fastapi is not None else None
        route: Any = (context.starlette_route or context) if context is not None else scope.get("route")
        if getattr(route, "endpoint", None) is not endpoint and context is not None:
            route = scope.get("route")
        path: str | None = route.path if getattr(route, "endpoint", None) is endpoint else None
        outside = scope.get("app_root_path")  # set by the first mount to what the server said
        if path is not None and (outside is None or scope["root_path"] == outside):
            return path
        return self._search(scope, endpoint, path, outside)

    def _search(self, scope: Scope, endpoint: object, path: str | None, outside: str | None) -> str | None:
        router = scope.get("router")
        if router is None:
            return path
        routes, rest, prefix = router.routes, _below(scope, scope.get("root_path", "")), ""
        if outside is not None and scope["root_path"] != outside:
            consumed = scope["root_path"][len(outside) :]
            found = self._through(routes, _below(scope, outside), consumed, scope)
            if found is None:
                return None  # a mount of a kind that is not known here: rather no template than a path
            prefix, mount = found
            routes = _routes_below(mount)
            if path is None and endpoint is mount.app and not routes:
                path = ""  # what is mounted has no routes, and answers by itself
        if path is None:
            path = self._of_endpoint(routes, rest, endpoint, scope)
        if path is None:
            path = _frontend(scope)
        return None if path is None else prefix + path

    def _through(self, routes: Any, path: str, consumed: str, scope: Scope) -> tuple[str, Any] | None:
        """The templates of the mounts that took `consumed` from the front of `path`, and the last of them."""
        for mount in self._index(routes).mounts:
            if hasattr(mount, "host"):
                found = (
                    self._through(_routes_below(mount), path, consumed, scope) if _at(mount, scope) else None
                )
                if found is not None:
                    return found
                continue
            match = mount.path_regex.match(path)
            if match is None:
                continue
            rest = "/" + match.group("path")
            taken = path[: len(path) - len(rest)]
            if consumed == taken:
                return mount.path, mount
            if consumed.startswith(taken):
                found = self._through(_routes_below(mount), rest, consumed[len(taken) :], scope)
                if found is not None:
                    return mount.path + found[0], found[1]
        return None

    def _of_endpoint(self, routes: Any, path: str, endpoint: object, scope: Scope) -> str | None:
        """The path of the first of `routes` that has this endpoint and fits."""
        for anew in (False, True):  # what does not fit any more may have been replaced since
            index = self._index(routes, anew=anew)
            fit = [route for route in index.by_endpoint.get(id(endpoint), ()) if route.path_regex.match(path)]
            if fit:
                allowed = (
                    route for route in fit if scope.get("method") in (getattr(route, "methods", None) or ())
                )
                return str(next(allowed, fit[0]).path)
        for mount in index.mounts:
            below = _routes_below(mount)
            if mount.app is endpoint and not hasattr(mount, "host") and not below:
                return str(mount.path)  # mounted at the root, where it takes nothing from the path
            if _at(mount, scope) if hasattr(mount, "host") else not mount.path:
                found = self._of_endpoint(below, path, endpoint, scope)
                if found is not None:
                    return found
        return None

    def _index(self, routes: Any, *, anew: bool = False) -> _Index:
        index = self._indexes.get(id(routes))
        if index is None or anew or len(routes) != index.count:
            if len(self._indexes) >= _KEPT:
                self._indexes.clear()
            index = self._indexes[id(routes)] = _Index(routes)
        return index


class _Index:
    """One list of routes: its routes by endpoint, and its mounts, which are mounts and hosts."""

    def __init__(self, routes: Any) -> None:
        self._routes = routes  # kept alive, so that its id stays its own
        self.count = len(routes)
        self.mounts: list[Any] = []
        self.by_endpoint: dict[int, list[Any]] = {}
        for route in _flat(routes):
            if hasattr(route, "endpoint"):
                self.by_endpoint.setdefault(id(route.endpoint), []).append(route)
            elif hasattr(route, "app") and (hasattr(route, "path_regex") or hasattr(route, "host")):
                self.mounts.append(route)


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """Routes with FastAPI's included routers replaced by what they include, under their prefixes."""
    for route in routes:
        contexts = getattr(route, "effective_route_contexts", None)
        if contexts is None:
            yield route
        else:
            for context in contexts():
                yield context.starlette_route or context


def _routes_below(mount: Any) -> list[Any]:
    """The routes of the application that a mount or host leads to, seen through middlewares."""
    app = mount.app
    for _ in range(16):
        if app is None:
            break
        routes = getattr(app, "routes", None)
        if isinstance(routes, list):
            return routes
        app = getattr(app, "app", None)
    return []


def _at(host: Any, scope: Scope) -> bool:
    """Whether a request is for this host; the port does not count."""
    headers = (value for name, value in scope.get("headers", ()) if name.lower() == b"host")
    name = next(headers, b"").decode("latin-1").lower()
    if not name.endswith("]"):
        name = name.rsplit(":", 1)[0]
    return host.host_regex.match(name) is not None


def _below(scope: Scope, root: str) -> str:
    path: str = scope["path"]
    return path[len(root) :] if root and (path == root or path.startswith(root + "/")) else path


def _frontend(scope: Scope) -> str | None:
    """The path of what FastAPI's ``frontend()`` serves, which has no endpoint."""
    below = scope.get("fastapi", {}).get("frontend_path")
    if below is None:
        return None
    path = _below(scope, scope.get("root_path", ""))
    return "/" + path[: len(path) - len(below)].strip("/")
