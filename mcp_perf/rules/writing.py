"""Writing rules: to a file, to one file for each part in a directory, or to standard output."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .documents import PARTS
from .rule import Group

_HEAD = "# Written by mcp-perf rules, which writes it again; docs/rules.rst tells of it.\n"
_NO_NAME = re.compile(r"[^a-z0-9-]+")

Parts = Mapping[str, Sequence[Group]]


class Style:
    """How groups become a document: Prometheus's own, or a PrometheusRule of its operator in Kubernetes."""

    def __init__(self, runbook: str, namespace: str, is_kubernetes: bool) -> None:
        self._runbook = runbook
        self._namespace = namespace
        self._is_kubernetes = is_kubernetes

    def text(self, part: str, groups: Sequence[Group]) -> str:
        """The document with these groups, in YAML."""
        document: dict[str, Any] = {"groups": [one.document(self._runbook) for one in groups]}
        if self._is_kubernetes:
            document = {
                "apiVersion": "monitoring.coreos.com/v1",
                "kind": "PrometheusRule",
                # A name of Kubernetes begins with a letter or a digit.
                "metadata": {"name": _NO_NAME.sub("-", f"{self._namespace}-{part}".lower()).strip("-")},
                "spec": document,
            }
        return _HEAD + yaml.safe_dump(document, sort_keys=False, width=2**31, allow_unicode=True)

    def file_name(self, part: str) -> str:
        """The name of the file for a part."""
        return f"{self._namespace}-{part}.yml"


def write(style: Style, parts: Parts, target: Path) -> Iterator[str]:
    """Write them to a directory (one that exists, or has no suffix) or to a file; a line on each. OSError.

    Each file is replaced as a whole: Prometheus may be reading it. That of a part which is no more goes, lest
    Prometheus keep rules that nobody has asked for; not one that something else has written.
    """
    if not target.is_dir() and target.suffix:
        yield _replaced(target, whole(style, parts))
        return
    target.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        path = target / style.file_name(part)
        if part in parts:
            yield _replaced(path, style.text(part, parts[part]))
        elif path.exists():
            yield _removed(path)


def whole(style: Style, parts: Parts) -> str:
    """All parts in one document."""
    return style.text("rules", [group for groups in parts.values() for group in groups])


def _removed(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        if file.read(len(_HEAD)) != _HEAD:
            return f"{path} (left as it is: something else has written it)"
    path.unlink()
    return f"{path} (removed: there are no such rules any more)"


def _replaced(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
    return str(path)
