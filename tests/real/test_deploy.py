"""Relabelling by the recipes in a real Prometheus: of pods that are made up, and of buckets."""

from __future__ import annotations

import json
import re
import textwrap
import time
from pathlib import Path

import pytest
import yaml
from support import programs
from support.prometheus import job, scraping
from support.servers import APPS, running, settled, uvicorn

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def pod(name, address, *, scrape="true", phase="Running", **annotations):
    """A target as service discovery shows a pod."""
    said = {"scrape": scrape, "port": "8000", **annotations}
    labels = {
        "__meta_kubernetes_namespace": "prod",
        "__meta_kubernetes_pod_name": name,
        "__meta_kubernetes_pod_ip": address,
        "__meta_kubernetes_pod_phase": phase,
        "__meta_kubernetes_pod_label_app_kubernetes_io_name": "shop",
        **{f"__meta_kubernetes_pod_annotation_prometheus_io_{key}": value for key, value in said.items()},
    }
    return {"targets": [f"{name}:1"], "labels": {key: value for key, value in labels.items() if value}}


def test_kubernetes(tmp_path) -> None:
    """Pods that say so are targets, once each, under the name of their application."""
    [pods] = yaml.safe_load((DEPLOY / "kubernetes" / "prometheus.yml").read_text())["scrape_configs"]
    del pods["kubernetes_sd_configs"], pods["authorization"]
    pods["static_configs"] = [
        pod("plain", "127.0.0.2"),
        pod("elsewhere", "127.0.0.3", port="9000", path="/internal/metrics"),
        pod("six", "::1"),
        pod("silent", "127.0.0.4", scrape=""),
        pod("done", "127.0.0.5", phase="Succeeded"),
    ]
    with scraping(programs.need("prometheus"), {}, tmp_path, jobs=[pods]) as prometheus:
        expected = {
            "plain": "http://127.0.0.2:8000/metrics",
            "elsewhere": "http://127.0.0.3:9000/internal/metrics",
            "six": "http://[::1]:8000/metrics",
        }

        def found():
            targets = prometheus.targets()
            assert {("shop", "prod")} >= {
                (one["labels"]["job"], one["labels"]["namespace"]) for one in targets
            }
            return {one["labels"]["instance"]: one["scrapeUrl"] for one in targets}

        assert expected == settled(found, expected), json.dumps(prometheus.targets())


def test_dropped_buckets(tmp_path) -> None:
    """What ``docs/scale.rst`` drops at the scrape is gone, and all other bounds are there."""
    text = (ROOT / "docs" / "scale.rst").read_text()
    [block] = re.findall(r"^( +metric_relabel_configs:\n(?: +.*\n)+)", text, re.MULTILINE)
    recipe = yaml.safe_load(textwrap.dedent(block))
    with running(uvicorn("shown:app", directory=APPS)) as server:
        server.ask("/users/5")
        jobs = [job("whole", server), job("fewer", server, **recipe)]
        with scraping(programs.need("prometheus"), {}, tmp_path, jobs=jobs) as prometheus:
            prometheus.await_scrape(["whole", "fewer"], time.time())
            bounds = {
                app: {
                    le
                    for (le,) in prometheus.by(
                        f'mcp_http_request_duration_seconds_bucket{{app="{app}"}}', "le"
                    )
                }
                for app in ("whole", "fewer")
            }
            assert {"0.075", "0.75", "7.5"} == bounds["whole"] - bounds["fewer"]
            assert 12 == len(bounds["fewer"])
