"""Exemplars: events that stand for what has come, told with the points that have them among theirs."""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from ..history.change import Labels
from ..registry.exemplar import Exemplar
from ..registry.snapshot import FamilyReading
from .account import FamilyName, name_of, nanoseconds
from .points import Interval

# By family and series.
Exemplars: TypeAlias = Mapping[FamilyName, Mapping[Labels, Sequence[Exemplar]]]

_HEX = re.compile("[0-9a-f]+")
_DIGITS = {"trace_id": 32, "span_id": 16}  # at most: what is longer no message can carry


def recent(families: Sequence[FamilyReading], span: Interval) -> Exemplars:
    """Those that came in `span`: what came before was told then."""
    found = {}
    for family in families:
        kept = {
            labels: [one for one in some if span.start < nanoseconds(one.timestamp) <= span.end]
            for labels, some in (family.exemplars or {}).items()
        }
        if any(kept.values()):
            found[name_of(family.description)] = kept
    return found


def told(exemplar: Exemplar) -> Any:
    """An exemplar as the SDK has it: trace and span as numbers, all other labels as attributes."""
    labels = dict(exemplar.labels)
    numbers = {name: _number(labels.get(name, ""), digits) for name, digits in _DIGITS.items()}
    has_trace = None not in numbers.values()  # one of them alone has no place there
    return importlib.import_module("opentelemetry.sdk.metrics").Exemplar(
        filtered_attributes={
            name: text for name, text in labels.items() if not (has_trace and name in numbers)
        },
        value=float(exemplar.value),
        time_unix_nano=nanoseconds(exemplar.timestamp),
        trace_id=numbers["trace_id"] if has_trace else None,
        span_id=numbers["span_id"] if has_trace else None,
    )


def _number(text: str, digits: int) -> int | None:
    """The id that this is, None for what is none: nothing but zeros is invalid by the specification."""
    return (int(text, 16) or None) if len(text) <= digits and _HEX.fullmatch(text) else None
