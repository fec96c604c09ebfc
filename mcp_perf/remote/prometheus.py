"""The HTTP API of Prometheus, which Thanos, Mimir and VictoriaMetrics speak as well.

See https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

from .client import Client, NoAnswerError, TooMuchError

Labels: TypeAlias = tuple[tuple[str, str], ...]
# By the labels of each series, in their order, what it reads.
Vector: TypeAlias = dict[Labels, float]
# Of a native histogram: lower bound, upper bound and count of each bucket.
Buckets: TypeAlias = list[tuple[float, float, float]]

# What servers answer to a query that is more than they do: a limit on samples or points, or a time-out.
_TOO_MUCH = (400, 413, 422, 502, 503, 504)

_MOST, _LONGEST = 20, 300  # warnings that are kept, characters of one: some name each query or each store

T = TypeVar("T")


class Prometheus:
    """What the client asks is a Prometheus.

    `warnings` are what it has said against its own answers so far, each once: that a store is missing, say.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.warnings: dict[str, None] = {}

    def at(self, expression: str, moment: float | None = None) -> Vector:
        """What an expression gives at a moment, in seconds since the epoch, or now; NoAnswerError."""
        when = {"time": f"{moment:.3f}"} if moment is not None else {}
        return self._read(self._ask("query", expression, when), _number)

    def histograms(self, expression: str, moment: float) -> dict[Labels, Buckets]:
        """The native histograms that an expression gives at a moment; NoAnswerError."""
        return self._read(self._ask("query", expression, {"time": f"{moment:.3f}"}), _buckets)

    def over(
        self, expression: str, begin: float, end: float, step: float
    ) -> dict[Labels, dict[float, float]]:
        """What an expression gives at each step from `begin` to `end`, by moment; NoAnswerError."""
        # VictoriaMetrics moves the moments of what it may keep to multiples of the step.
        when = {"start": f"{begin:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}", "nocache": "1"}
        return self._read(self._ask("query_range", expression, when), _numbers)

    def _ask(self, how: str, expression: str, when: Mapping[str, str]) -> Any:
        try:
            return self.client.json(f"/api/v1/{how}", query=expression, **when)
        except NoAnswerError as error:
            if error.status in _TOO_MUCH:
                raise TooMuchError(str(error), error.status) from None
            raise

    def _read(self, answer: Any, value: Callable[[Any], T | None]) -> dict[Labels, T]:
        try:
            for one in _warnings(answer):
                if len(self.warnings) < _MOST:
                    self.warnings[one] = None
            return dict(_series(answer, value))
        except (AttributeError, LookupError, TypeError, ValueError):
            raise NoAnswerError(f"{self.client.url} does not answer as Prometheus does") from None


def _series(answer: Any, value: Callable[[Any], T | None]) -> Iterator[tuple[Labels, T]]:
    for one in answer["data"]["result"]:
        if isinstance(one, dict):  # a scalar has no series
            found = value(one)
            if found is not None:
                yield tuple(sorted(one["metric"].items())), found


def _warnings(answer: Any) -> Iterator[str]:
    for one in answer.get("warnings") or ():
        # Remarks on the expression, which some versions put here as well.
        if not str(one).startswith("PromQL info:"):
            yield str(one)[:_LONGEST]
    if answer.get("isPartial"):  # as VictoriaMetrics says it
        yield "the answer is partial"


def _number(one: Mapping[str, Any]) -> float | None:
    # A native histogram has no value, unless it is one of neither.
    return None if "histogram" in one else float(one["value"][1])


def _numbers(one: Mapping[str, Any]) -> dict[float, float] | None:
    return None if "histograms" in one else {float(moment): float(text) for moment, text in one["values"]}


def _buckets(one: Mapping[str, Any]) -> Buckets | None:
    if "histogram" not in one:
        return None
    return [
        (float(lower), float(upper), float(count))
        for _, lower, upper, count in one["histogram"][1].get("buckets", ())
    ]
