"""Where the metrics app is: at a path of an application, or by itself."""

from __future__ import annotations

from .errors import wrong


class MountPoint:
    """Where an application serves the metrics app; ValueError for a path that cannot be one."""

    def __init__(self, path: str) -> None:
        if not isinstance(path, str) or not path.startswith("/") or not path.strip("/") or _is_odd(path):
            raise wrong("path", path, "a path with a leading '/' and a name, such as '/metrics'")
        self.path = path.rstrip("/")
        self._below = self.path + "/"

    def rest(self, path: object) -> str | None:
        """What follows of `path`, None where it does not lead here."""
        if (
            type(path) is str
            and path.startswith(self.path)
            and (path == self.path or path.startswith(self._below))
        ):
            return path[len(self.path) :]
        return None


def _is_odd(path: str) -> bool:
    """Whether no request has such a path."""
    return not path.isprintable() or not {"?", "#"}.isdisjoint(path)


_ALONE = MountPoint("/metrics")


def standalone_path(path: str) -> str:
    """The path for the endpoint where the metrics app is served by itself, and not mounted."""
    rest = _ALONE.rest(path)
    return path if rest is None else rest
