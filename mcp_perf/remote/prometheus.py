"""The HTTP API of Prometheus, which Thanos, Mimir and VictoriaMetrics speak as well.

See https://prometheus.io/docs/prometheus/latest/querying/api/.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from .client import Client, NoAnswerError

# By the labels of each series, in their order, what it reads.
Vector: TypeAlias = dict[tuple[tuple[str, str], ...], float]


class Prometheus:
    """What the client asks is a Prometheus."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def at(self, expression: str, moment: float | None = None) -> Vector:
        """What an expression gives at a moment, in seconds since the epoch, or now; NoAnswerError."""
        when = {"time": f"{moment:.3f}"} if moment is not None else {}
        answer = self.client.json("/api/v1/query", query=expression, **when)
        try:
            return {
                tuple(sorted(one["metric"].items())): float(one["value"][1])
                for one in _result(answer)
                if isinstance(one, dict)
            }
        except (AttributeError, LookupError, TypeError, ValueError):
            raise NoAnswerError(f"{self.client.url} does not answer as Prometheus does") from None


def _result(answer: Any) -> Any:
    return answer["data"]["result"]
