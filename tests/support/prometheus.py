"""A real Prometheus that scrapes servers, and its answers."""

import contextlib
import http.client
import json
import math
import time
from urllib.parse import urlencode

from support.servers import HOST, PATIENCE, Command, Server, running, settled


class Prometheus:
    """A Prometheus that runs; it keeps what it scrapes in a directory of the test."""

    def __init__(self, server: Server):
        self._server = server
        self.address = server.address

    def query(self, expression):
        """What the expression gives now: ``{frozenset(labels.items()): value}``."""
        return {
            frozenset(found["metric"].items()): float(found["value"][1]) for found in self._found(expression)
        }

    def _found(self, expression):
        status, _, body = self._server.ask("/api/v1/query?" + urlencode({"query": expression}))
        answer = json.loads(body)
        assert (200, "success") == (status, answer["status"]), answer
        return answer["data"]["result"]

    def native(self, selector):
        """The cumulative buckets of the one native histogram selected: ``{upper bound: count}``."""
        [found] = self._found(selector)
        reached, total = {}, 0.0
        for _, _, upper, count in found["histogram"][1]["buckets"]:
            total += float(count)
            reached[float(upper)] = total
        return reached

    def exemplars(self, selector):
        """The exemplars of the last hour that the selected series have: pairs of labels and exemplars."""
        question = {"query": selector, "start": time.time() - 3600, "end": time.time() + 1}
        status, _, body = self._server.ask("/api/v1/query_exemplars?" + urlencode(question))
        answer = json.loads(body)
        assert (200, "success") == (status, answer["status"]), answer
        return [(found["seriesLabels"], found["exemplars"]) for found in answer["data"]]

    def by(self, expression, *labels):
        """What the expression gives, by the values of `labels` in this order."""
        return {
            tuple(dict(found).get(label, "") for label in labels): number
            for found, number in self.query(expression).items()
        }

    def has_scraped(self, apps, since):
        """Whether each of `apps` was scraped, with success, after the time `since`."""
        scraped = self.by("timestamp(up) and up == 1", "app")
        return all(scraped.get((app,), -math.inf) > since for app in apps)

    def await_scrape(self, apps, since):
        """Come back when `has_scraped` is true."""
        assert settled(lambda: self.has_scraped(apps, since), True), (
            f"up: {self.query('up')}, targets: {self.errors()}\n{self._server.output()}"
        )

    def rules(self):
        """The rules that it has loaded, as its API tells of them."""
        _, _, body = self._server.ask("/api/v1/rules")
        groups = json.loads(body)["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def errors(self):
        """What Prometheus has to say against its targets, by app; empty where it scrapes them all."""
        found = self.targets()
        return {target["labels"]["app"]: target["lastError"] for target in found if target["lastError"]}

    def targets(self):
        """The targets that Prometheus scrapes, as its API tells of them."""
        _, _, body = self._server.ask("/api/v1/targets?state=active")
        return json.loads(body)["data"]["activeTargets"]

    def kinds(self, *families):
        """The types that the targets have declared of metric families."""
        _, _, body = self._server.ask("/api/v1/metadata")
        known = json.loads(body)["data"]
        return {family: {said["type"] for said in known.get(family, ())} for family in families}

    def types(self, app):
        """The types that one target has declared, by metric family."""
        question = urlencode({"match_target": f'{{app="{app}"}}'})
        _, _, body = self._server.ask("/api/v1/targets/metadata?" + question)
        return {said["metric"]: said["type"] for said in json.loads(body)["data"]}

    def is_ready(self):
        """Whether Prometheus answers queries."""
        try:
            return 200 == self._server.ask("/-/ready")[0]
        except (OSError, http.client.HTTPException):
            return False


def job(app, server, **settings):
    """The configuration of a scrape of its own for `server`, with further `settings`."""
    target = {"targets": [server.address], "labels": {"app": app, "instance": app}}
    return {"job_name": app, "static_configs": [target], **settings}


def configured(jobs, directory, interval, **sections):
    """The file with the configuration of `jobs`, each to be scraped once in an interval, and `sections`."""
    times = dict.fromkeys(("scrape_interval", "scrape_timeout"), interval)
    if "rule_files" in sections:  # which VictoriaMetrics does not know
        times["evaluation_interval"] = interval
    configuration = {"global": times, "scrape_configs": jobs, **sections}
    path = directory / "prometheus.yml"
    path.write_text(json.dumps(configuration))  # which is YAML too
    return path


@contextlib.contextmanager
def scraping(program, servers, directory, interval="1s", features=(), jobs=(), **sections):
    """A `Prometheus` that scrapes `servers`, a dict by the value of the label `app`, once in an interval.

    `features` are those that it has on request only; `jobs` what it scrapes besides, see `job`;
    `sections` are the rest of its configuration.
    """
    plain = [job(app, server) for app, server in servers.items()]
    arguments = (
        program,
        f"--config.file={configured([*plain, *jobs], directory, interval, **sections)}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address={HOST}:{{port}}",
        "--log.level=warn",
        *(f"--enable-feature={feature}" for feature in features),
    )
    with running(Command(arguments, directory)) as server:
        prometheus = Prometheus(server)
        assert settled(prometheus.is_ready, True, 3 * PATIENCE), server.output()
        yield prometheus
