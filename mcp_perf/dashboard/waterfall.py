"""Waterfalls: the steps of a workflow one after another, each as long as it takes in the mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import catalogue
from ..registry.snapshot import Snapshot


def waterfalls(snapshot: Snapshot, steps: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By workflow its `steps`, each with the seconds after which it begins and those that it takes.

    In the order in which they were first seen, which is that in which they run.
    """
    order: dict[tuple[str, ...], int] = {}
    for family in snapshot.of(catalogue.WORKFLOW_STEPS.key):
        for labels in family.labels:
            order.setdefault(labels[:-1], len(order))
    found: dict[str, dict[str, Any]] = {}
    for one in sorted(steps, key=lambda one: order.get((one["workflow"], one["step"]), len(order))):
        name, mean = one["workflow"], one["latency_seconds"]["mean"]
        if mean is not None:
            workflow = found.setdefault(name, {"workflow": name, "seconds": 0.0, "steps": []})
            step = {"step": one["step"], "begins": workflow["seconds"], "seconds": mean}
            workflow["steps"].append(step)
            workflow["seconds"] += mean
    return list(found.values())
