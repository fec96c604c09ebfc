"""Finding out what is behind a URL."""

from __future__ import annotations

from .client import Client, NoAnswerError
from .prometheus import Prometheus
from .service import Service

_SOMETHING_ELSE = (200, 404, 405)  # what a server answers that has something else there, or nothing


def found(client: Client) -> Service | Prometheus:
    """A metrics app, that of a service, or a Prometheus; NoAnswerError where there is none of them."""
    refusal: NoAnswerError | None = None
    for path in ("/metrics", ""):
        try:
            answer = client.json(f"{path}/summary", window=60, top=1)
        except NoAnswerError as error:
            if not error.status:
                raise
            refusal = refusal if error.status in _SOMETHING_ELSE else error
        else:
            if isinstance(answer, dict) and {"window", "http", "workers"} <= answer.keys():
                return Service(client, path)
    prometheus = Prometheus(client)
    try:
        prometheus.at("1")
    except NoAnswerError:
        nothing = NoAnswerError(f"{client.url} has neither a summary of mcp_perf nor Prometheus's API")
        raise refusal or nothing from None
    return prometheus
