"""Label values made fit for any reader, and the checks on names."""

from __future__ import annotations

import re
from collections.abc import Iterable

MAX_LENGTH = 256
OVERFLOW = "_overflow"

# C0 and C1 controls, DEL, and lone surrogates, which UTF-8 cannot carry.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# https://prometheus.io/docs/concepts/data_model/
_METRIC_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
PID = "pid"  # names the label that tells workers apart
_LABEL_NAME = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")


def clean(value: object) -> str:
    """`value` as a label value: valid UTF-8 without control characters, at most 256 characters."""
    text = value if type(value) is str else str(value)
    if not (text.isascii() and text.isprintable()):
        text = _UNFIT.sub("�", text)
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "…"


def is_overflow(labels: tuple[str, ...]) -> bool:
    """Whether these are the label values of the series that has what found no place."""
    return bool(labels) and set(labels) == {OVERFLOW}


def check_metric_name(name: object, what: str = "name") -> str:
    """`name`, if Prometheus takes it as a metric name; ValueError else."""
    if not isinstance(name, str) or not _METRIC_NAME.fullmatch(name):
        raise ValueError(f"{what} must be a metric name of letters, digits and '_', not {name!r}")
    return name


def check_namespace(name: object) -> str:
    """`name`, if it is the first word of metrics; ValueError else. A colon is for what rules record."""
    checked = check_metric_name(name, "a namespace")
    if ":" in checked:
        raise ValueError(f"a namespace must have no colon, not {checked!r}")
    return checked


def check_label_names(names: Iterable[str], reserved: Iterable[str] = ()) -> tuple[str, ...]:
    """`names` as a tuple, if each is a label name and none is reserved or there twice; ValueError else."""
    if isinstance(names, str):
        raise ValueError(f"labelnames must be a list of label names, not the string {names!r}")
    checked = tuple(names)
    taken = set(reserved)
    for name in checked:
        if not isinstance(name, str) or not _LABEL_NAME.fullmatch(name):
            raise ValueError(f"a label name must be letters, digits and '_', no '__' in front, not {name!r}")
        if name in taken:
            raise ValueError(f"the label name {name!r} is already taken")
        taken.add(name)
    return checked
