"""The recipes of ``deploy/``: what the programs that read them have to say, and that their parts fit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from support.operator import schema

from mcp_perf.cli import main

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
MANIFESTS = sorted(DEPLOY.glob("kubernetes/*monitor.yml")) + sorted(DEPLOY.glob("kubernetes/rules/*.yml"))


def manifests(path):
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


def checked(*words):
    """What a program says that is to be content."""
    done = subprocess.run([*map(str, words)], check=False, capture_output=True, text=True, timeout=60)
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout + done.stderr


def at_home(path, directory):
    """A configuration whose files are in the directory."""
    (directory / "secrets").mkdir()
    (directory / "secrets" / "metrics-token").write_text("token")
    (directory / "rules").mkdir()
    assert 0 == main(["rules", "--slo", str(DEPLOY / "slo.yml"), "--out", str(directory / "rules")])
    found = directory / "prometheus.yml"
    found.write_text(path.read_text().replace("/etc/prometheus", str(directory)))
    return found


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.yml")), ids=lambda path: path.name)
def test_yaml(path) -> None:
    """Every file is YAML, and says something."""
    assert manifests(path)


@pytest.mark.parametrize("name", ["compose", "prometheus", "kubernetes"])
def test_prometheus(need, tmp_path, name) -> None:
    """``promtool`` takes the configurations, with the rules that they name."""
    path = at_home(DEPLOY / name / "prometheus.yml", tmp_path)
    if name == "kubernetes":
        # Debian's Prometheus knows nothing of Kubernetes; the rest it can check.
        found = yaml.safe_load(path.read_text())
        [job] = found["scrape_configs"]
        # The token goes to the pods of this namespace, and to nobody's who annotates one of their own.
        expected = [{"role": "pod", "namespaces": {"names": ["default"]}}]
        assert expected == job.pop("kubernetes_sd_configs")
        path.write_text(yaml.safe_dump(found))
    said = checked(need("promtool"), "check", "config", path)
    assert 3 == said.count("rules found")


def test_alertmanager(need) -> None:
    """``amtool`` takes the configuration."""
    checked(need("amtool"), "check-config", DEPLOY / "prometheus" / "alertmanager.yml")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"alertname": "ServiceDown", "severity": "page"}, "page"),
        ({"alertname": "ErrorBudgetBurn", "severity": "ticket"}, "ticket"),
        ({"alertname": "Exceptions", "severity": "info"}, "nobody"),
    ],
)
def test_routes(need, labels, expected) -> None:
    """Alerts go where their severity says."""
    words = [f"{name}={value}" for name, value in labels.items()]
    file = f"--config.file={DEPLOY / 'prometheus' / 'alertmanager.yml'}"
    assert expected == checked(need("amtool"), "config", "routes", "test", file, *words).split()[0]


def test_systemd(need, tmp_path) -> None:
    """``systemd-analyze verify`` has nothing to say against the unit, but that the program is not here."""
    unit = tmp_path / "shop.service"
    text = (DEPLOY / "systemd" / "shop.service").read_text()
    unit.write_text(text.replace("/opt/shop/.venv/bin/gunicorn", "/bin/true"))
    said = checked(need("systemd-analyze"), "verify", unit)
    assert [] == [line for line in said.splitlines() if "shop.service" in line]


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.name)
def test_operator(path) -> None:
    """Monitors and rules are as the operator's definitions want them."""
    for manifest in manifests(path):
        jsonschema.validate(manifest, schema(manifest["kind"]))


def test_monitors_find_the_application() -> None:
    """What the monitors select is there: the labels, the port, the secret."""
    kinds = {one["kind"]: one for one in manifests(DEPLOY / "kubernetes" / "application.yml")}
    template, service = kinds["Deployment"]["spec"]["template"], kinds["Service"]
    [monitor] = manifests(DEPLOY / "kubernetes" / "servicemonitor.yml")
    [of_pods] = manifests(DEPLOY / "kubernetes" / "podmonitor.yml")
    [container] = template["spec"]["containers"]
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert of_pods["spec"]["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    assert service["spec"]["selector"].items() <= template["metadata"]["labels"].items()
    [endpoint], [of_pod] = monitor["spec"]["endpoints"], of_pods["spec"]["podMetricsEndpoints"]
    assert [endpoint["port"]] == [port["name"] for port in service["spec"]["ports"]]
    assert [of_pod["port"]] == [port["name"] for port in container["ports"]]
    secret = kinds["Secret"]
    for one in (endpoint, of_pod):
        assert secret["metadata"]["name"] == one["authorization"]["credentials"]["name"]
        assert {one["authorization"]["credentials"]["key"]} == secret["stringData"].keys()
        assert monitor["spec"]["jobLabel"] in service["metadata"]["labels"]


def test_rules_are_those_that_the_command_writes(tmp_path) -> None:
    """The manifests with rules are what the command writes today of ``slo.yml``."""
    words = ["--slo", str(DEPLOY / "slo.yml"), "--format", "kubernetes", "--out", str(tmp_path)]
    assert 0 == main(["rules", *words])
    written = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_text() for path in (DEPLOY / "kubernetes" / "rules").iterdir()}


def test_compose() -> None:
    """What the services mount is there or written by one of them, and who waits waits for one of them."""
    directory = DEPLOY / "compose"
    compose = yaml.safe_load((directory / "compose.yml").read_text())
    services = compose["services"]
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            is_there = source in compose["volumes"] or source.startswith("./written")
            assert is_there or (directory / source).exists(), (name, volume)
        assert service.get("depends_on", {}).keys() <= services.keys()
    build = services["app"]["build"]
    assert ROOT == (directory / build["context"]).resolve()
    assert (ROOT / build["dockerfile"]).is_file()


def test_retention() -> None:
    """Prometheus keeps what the objectives of 30 days are read of."""
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yml").read_text())["services"]
    [kept] = [word for word in services["prometheus"]["command"] if ".retention.time=" in word]
    assert kept.endswith("=35d")
    for name in ("rules", "scale", "deployment"):
        assert "--storage.tsdb.retention.time=35d" in (ROOT / "docs" / f"{name}.rst").read_text()


def test_source_distribution() -> None:
    """The recipes are part of what is distributed as source."""
    assert "graft deploy" in (ROOT / "MANIFEST.in").read_text().splitlines()
