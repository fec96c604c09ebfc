"""Rules and groups of them, as Prometheus has them in its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["page", "ticket", "info"]
SEVERITIES: tuple[Severity, ...] = ("page", "ticket", "info")


@dataclass(frozen=True)
class Recording:
    """What is recorded under the name `record`."""

    record: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The rule as it stands in a file."""
        labels = {"labels": dict(self.labels)} if self.labels else {}
        return {"record": self.record, "expr": self.expression, **labels}


@dataclass(frozen=True)
class Alert:
    """Fires when the expression has given something for so long (a duration; at once if it is empty).

    `summary` is one sentence, `description` says more; both are templates of Prometheus. The runbook has a
    section with the alert's name in lower case.
    """

    name: str
    expression: str
    severity: Severity
    lasting: str
    summary: str
    description: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self, runbook: str) -> dict[str, Any]:
        """The rule as it stands in a file; `runbook` is the address of the page with its section."""
        return {
            "alert": self.name,
            "expr": self.expression,
            **({"for": self.lasting} if self.lasting else {}),
            "labels": {"severity": self.severity, **self.labels},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": f"{runbook}#{self.name.lower()}",
            },
        }


@dataclass(frozen=True)
class Group:
    """Rules that are evaluated one after the other, once in an interval (Prometheus's own if it is empty)."""

    name: str
    rules: Sequence[Recording | Alert]
    interval: str = ""

    def document(self, runbook: str) -> dict[str, Any]:
        """The group as it stands in a file."""
        interval = {"interval": self.interval} if self.interval else {}
        rules = [one.document(runbook) if isinstance(one, Alert) else one.document() for one in self.rules]
        return {"name": self.name, **interval, "rules": rules}
