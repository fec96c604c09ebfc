"""The level: the labels of targets that stay in everything that is recorded."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..errors import wrong
from ..measurable import whole
from ..remote.survey import Survey

_LABEL = re.compile(r"(?!__)[a-zA-Z_][a-zA-Z0-9_]*")  # with two underscores they are Prometheus's own
# Of targets, of buckets, of what is recorded of objectives, and of alerts.
_TAKEN = {
    *("job", "instance", "pid", "le", "quantile"),
    *("slo", "sli"),
    *("alertname", "alertstate", "severity", "long_window", "short_window"),
}


def level_of(kept: Sequence[str], survey: Survey) -> tuple[str, ...]:
    """``job`` and what is kept beside it, each once; ValueError for what is no label of targets.

    A label that metrics have themselves would stay where the outcome, the method or the route has to go: a
    share of failures by status is 1 throughout.
    """
    own = {label for one in whole(survey).measured for label in one.labelnames}
    for label in kept:
        if not _LABEL.fullmatch(label) or label in _TAKEN | own:
            allowed = "the name of a label of targets, such as cluster, that neither metrics nor alerts have"
            raise wrong("--keep", label, allowed)
    return ("job", *dict.fromkeys(kept))
