"""A real VictoriaMetrics that scrapes servers, and its answers."""

import contextlib
import http.client

from support.prometheus import Prometheus, configured
from support.servers import HOST, PATIENCE, Command, running, settled


class VictoriaMetrics(Prometheus):
    """A VictoriaMetrics that runs. It answers as Prometheus does, about what has been flushed."""

    def _found(self, expression):
        self._server.ask("/internal/force_flush")
        return super()._found(expression)

    def is_ready(self):
        """Whether VictoriaMetrics answers queries."""
        try:
            return 200 == self._server.ask("/health")[0]
        except (OSError, http.client.HTTPException):
            return False


@contextlib.contextmanager
def scraping(program, directory, jobs, interval="1s"):
    """A `VictoriaMetrics` that scrapes `jobs`, see `support.prometheus.job`, once in an interval."""
    arguments = (
        program,
        f"-promscrape.config={configured(jobs, directory, interval)}",
        f"-storageDataPath={directory / 'data'}",
        f"-httpListenAddr={HOST}:{{port}}",
        "-search.latencyOffset=0s",  # else it hides the last half a minute
        "-memory.allowedPercent=5",
        "-loggerLevel=WARN",
    )
    with running(Command(arguments, directory)) as server:
        victoria = VictoriaMetrics(server)
        assert settled(victoria.is_ready, True, 3 * PATIENCE), server.output()
        yield victoria
