"""``python benchmarks/scale.py``: what 10, 1,000 and 100,000 instances cost, with and without aggregation.

Measured: the series and the bytes of one instance of the demo under its own traffic; what a real Prometheus
takes of memory for each series, as the slope between two numbers of simulated instances, scraped every second
until each series has a full chunk of 120 samples in memory, as it has in the long run; how many series the
rules record, and how long they take where instances are scraped as usual. Worked out: everything else.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from instances import HOST, Text, served

FEW, MANY = 25, 100  # simulated instances
SETTLED = 140  # seconds, more than a chunk has samples
SCRAPE = 15  # seconds between two scrapes of an instance, as it is usual
SIZES = (10, 1_000, 100_000)
PATIENCE = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=SETTLED, help="how long each Prometheus runs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        with demo(directory) as port:
            time.sleep(20)  # traffic, so that every page has been asked for
            text = fetched(f"http://{HOST}:{port}/metrics")
            rules = written(directory, port)
        series = Text(text).series
        print(
            f"one instance: {len(series)} series, {len(text.encode()):,} bytes a scrape, "
            f"{len(gzip.compress(text.encode(), 6)):,} compressed"
        )
        print(
            f"of them buckets: {sum('le=' in one for one in series)}; "
            f"without some bounds: {len(reduced(series))} series"
        )
        few = feed(directory, text, FEW, options.seconds)
        many = feed(directory, text, MANY, options.seconds)
        # Until there are five minutes of samples, which the rates read.
        ruled = feed(directory, text, MANY, 2 * options.seconds + 40, rules)
    for one in (few, many, ruled):
        print(one)
    each = (many.memory - few.memory) / (many.series - few.series)
    print(f"memory of a series: {each:,.0f} bytes")
    print(f"recorded: {ruled.recorded} series, in {ruled.evaluation:.3f} s for {MANY} instances")
    print(table(len(series), len(reduced(series)), ruled.recorded, each, ruled.evaluation / MANY))


@dataclass(frozen=True)
class Fed:
    """What a Prometheus has come to: its series, those recorded, its resident bytes, seconds to evaluate."""

    instances: int
    series: int
    recorded: int
    memory: float
    evaluation: float

    def __str__(self) -> str:
        said = f"{self.instances} instances: {self.series:,} series, {self.memory / 2**20:,.0f} MiB"
        return said + (f", {self.recorded} recorded" if self.recorded else "")


def table(series: int, fewer: int, recorded: int, each: float, evaluation: float) -> str:
    rows = [
        (
            "instances",
            "series",
            "samples/s",
            "memory",
            "reduced",
            "engine, all",
            "engine, aggregates",
            "rules",
        )
    ]
    for size in SIZES:
        whole = size * series
        rows.append(
            (
                f"{size:,}",
                f"{whole:,}",
                f"{whole / SCRAPE:,.0f}",
                bytes_of(whole * each),
                bytes_of(size * fewer * each),
                bytes_of(whole * each),
                f"{recorded:,} series, {recorded / SCRAPE:,.0f}/s, {bytes_of(recorded * each)}",
                f"{size * evaluation:.3g} s",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )


def bytes_of(number: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:,.3g} {unit}"
        number /= 1024
    return f"{number:,.3g} TiB"


def reduced(series: list[str]) -> list[str]:
    """The series without the buckets that docs/scale.rst drops at the scrape."""
    return [one for one in series if not re.search(r'le="(0\.075|0\.75|7\.5)"', one)]


@contextlib.contextmanager
def demo(directory: Path) -> Iterator[int]:
    port = free_port()
    with running(directory, sys.executable, "-m", "mcp_perf", "demo", "--port", str(port)):
        awaited(f"http://{HOST}:{port}/metrics")
        yield port


def written(directory: Path, port: int) -> Path:
    slo = directory / "slo.yml"
    slo.write_text("objectives: [{name: shop, availability: 99, latency: {threshold: 0.5, share: 95}}]")
    words = ["rules", f"http://{HOST}:{port}", "--slo", str(slo), "--out", str(directory / "rules.yml")]
    subprocess.run([sys.executable, "-m", "mcp_perf", *words], check=True, stdout=subprocess.DEVNULL)
    return directory / "rules.yml"


def feed(directory: Path, text: str, instances: int, seconds: int, rules: Path | None = None) -> Fed:
    with served(Text(text)) as source, tempfile.TemporaryDirectory(dir=directory) as data:
        port = free_port()
        targets = [
            {"targets": [f"{HOST}:{source}"], "labels": {"instance": str(n)}} for n in range(instances)
        ]
        # One address many times is one target, so that each has a path of its own.
        for number, one in enumerate(targets):
            one["labels"]["__metrics_path__"] = f"/{number}"
        interval = "1s" if rules is None else f"{SCRAPE}s"
        configuration = {
            "global": {"scrape_interval": interval, "evaluation_interval": f"{SCRAPE}s"},
            "rule_files": [str(rules)] if rules is not None else [],
            "scrape_configs": [{"job_name": "shop", "static_configs": targets}],
        }
        path = Path(data) / "prometheus.yml"
        path.write_text(json.dumps(configuration))
        words = [f"--config.file={path}", f"--storage.tsdb.path={data}/data"]
        words += [f"--web.listen-address={HOST}:{port}", "--log.level=error"]
        with running(directory, "prometheus", *words):
            awaited(f"http://{HOST}:{port}/-/ready")
            time.sleep(seconds)
            own = fetched(f"http://{HOST}:{port}/metrics")
            recorded = asked(port, 'count({__name__=~".+:.+"})')
    value = {name: float(number) for name, number in re.findall(r"^([a-z_]+) (\S+)$", own, re.MULTILINE)}
    took = re.findall(r"^prometheus_rule_group_last_duration_seconds\{.*\} (\S+)$", own, re.MULTILINE)
    memory = value["process_resident_memory_bytes"]
    return Fed(
        instances, int(value["prometheus_tsdb_head_series"]), int(recorded), memory, sum(map(float, took))
    )


def asked(port: int, expression: str) -> float:
    answer = json.loads(fetched(f"http://{HOST}:{port}/api/v1/query?" + urlencode({"query": expression})))
    return next((float(one["value"][1]) for one in answer["data"]["result"]), 0.0)


@contextlib.contextmanager
def running(directory: Path, *words: str) -> Iterator[None]:
    process = subprocess.Popen(words, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def awaited(url: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return fetched(url)
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def fetched(url: str) -> str:
    with urlopen(url, timeout=PATIENCE) as answer:
        return answer.read().decode()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    main()
