"""Naming: names as protobuf messages have them, in which any text could stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from prometheus_client.openmetrics.exposition import escape_label_name, escape_metric_name


@dataclass(frozen=True)
class Names:
    """How names of metrics and labels are written."""

    metric: Callable[[str], str]
    label: Callable[[str], str]


def names_in(escaping: str) -> Names:
    """How they are written by one of prometheus_client's ways of escaping."""
    if escaping == "allow-utf-8":
        # prometheus_client would put them in quotes, which only text needs.
        return Names(str, str)
    return Names(
        lambda name: escape_metric_name(name, escaping), lambda name: escape_label_name(name, escaping)
    )
