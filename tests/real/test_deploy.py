"""The relabelling of ``deploy/kubernetes/prometheus.yml`` in a real Prometheus, for pods that are made up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from support import programs
from support.prometheus import scraping
from support.servers import settled

pytestmark = pytest.mark.real

DEPLOY = Path(__file__).parents[2] / "deploy"


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
    [job] = yaml.safe_load((DEPLOY / "kubernetes" / "prometheus.yml").read_text())["scrape_configs"]
    del job["kubernetes_sd_configs"], job["authorization"]
    job["static_configs"] = [
        pod("plain", "127.0.0.2"),
        pod("elsewhere", "127.0.0.3", port="9000", path="/internal/metrics"),
        pod("six", "::1"),
        pod("silent", "127.0.0.4", scrape=""),
        pod("done", "127.0.0.5", phase="Succeeded"),
    ]
    with scraping(programs.need("prometheus"), {}, tmp_path, jobs=[job]) as prometheus:
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
