"""Descriptions as JSON has them, in files that outlive who has written them."""

from __future__ import annotations

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from .description import FamilyDescription, Metric


def described(description: FamilyDescription) -> dict[str, Any]:
    """A description as JSON has it."""
    return asdict(description)


def description_of(fields: dict[str, Any]) -> FamilyDescription:
    """The description that `described` has made such fields of, the same object for the same ones."""
    return _description(json.dumps(fields))


@lru_cache(maxsize=1024)
def _description(text: str) -> FamilyDescription:
    fields = json.loads(text)
    buckets = fields["buckets"]
    return FamilyDescription(
        section=fields["section"],
        key=fields["key"],
        labelnames=tuple(fields["labelnames"]),
        metrics=tuple(Metric(**metric) for metric in fields["metrics"]),
        buckets=tuple(buckets) if buckets is not None else None,
        merge=fields["merge"],
    )
