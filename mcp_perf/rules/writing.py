"""Writing rules: to a file, to one file for each part in a directory, or to standard output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

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
                "metadata": {"name": _NO_NAME.sub("-", f"{self._namespace}-{part}".lower())},
                "spec": document,
            }
        return _HEAD + yaml.safe_dump(document, sort_keys=False, width=2**31, allow_unicode=True)

    def file_name(self, part: str) -> str:
        """The name of the file for a part."""
        return f"{self._namespace}-{part}.yml"


def write(style: Style, parts: Parts, target: Path) -> list[Path]:
    """Write them to a directory (one that exists, or has no suffix) or to a file; what was written. OSError.

    Each file is replaced as a whole: Prometheus may be reading it.
    """
    if not target.is_dir() and target.suffix:
        return [_replaced(target, whole(style, parts))]
    target.mkdir(parents=True, exist_ok=True)
    for part in ("aggregates", "objectives", "alerts"):
        if part not in parts:
            (target / style.file_name(part)).unlink(missing_ok=True)
    return [
        _replaced(target / style.file_name(part), style.text(part, groups)) for part, groups in parts.items()
    ]


def whole(style: Style, parts: Parts) -> str:
    """All parts in one document."""
    return style.text("rules", [group for groups in parts.values() for group in groups])


def _replaced(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
    return path
