"""``mcp-perf dashboards``: its options, and what it writes."""

from __future__ import annotations

import argparse
import importlib.util
import math
import os
from pathlib import Path

from ..errors import wrong
from ..registry.labels import check_metric_name
from ..remote import NoAnswerError
from ..remote import options as remote
from ..remote.survey import survey, usual
from ..terminal import complain
from . import provisioning
from .design import Design, bounds_of, within_of
from .files import NotOursError, write

SUMMARY = "write dashboards for Grafana, made of what a service measures"
_HINT = (
    "mcp-perf dashboards needs grafana-foundation-sdk, for Python 3.11 or later: "
    "pip install 'mcp_perf[dashboards]'"
)
_NAMESPACE = "MCP_PERF_NAMESPACE"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        default="",
        help="of the service or of its metrics app; without one, all that the toolkit can measure is shown",
    )
    remote.access(parser)
    add(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="where to write: dashboards/, which it replaces, and provisioning/, which stays as it is",
    )
    add("--force", action="store_true", help="replace whatever is there")
    add("--namespace", help=f"without a URL: the metrics' first word (default: {_NAMESPACE}, or mcp)")
    add("--datasource", default="", metavar="UID", help="the Prometheus chosen at first (default: Grafana's)")
    add("--prometheus", default="http://prometheus:9090", metavar="URL", help="of the data source's example")
    add("--folder", default="mcp_perf", help="Grafana's folder for them (default: %(default)s)")
    add(
        "--path",
        default=provisioning.MOUNTED,
        metavar="DIR",
        help="where Grafana will see dashboards/ (default: %(default)s)",
    )
    add("--title-prefix", metavar="TEXT", help="what titles begin with (default: the namespace and a colon)")
    add(
        "--within",
        type=_seconds,
        metavar="S",
        help="a fast request takes at most S seconds, one of the buckets",
    )
    add(
        "--native",
        action="store_true",
        help="Prometheus keeps native histograms only; VictoriaMetrics cannot answer such dashboards",
    )


def run(options: argparse.Namespace) -> int:
    """Write them; gives the exit status."""
    if importlib.util.find_spec("grafana_foundation_sdk") is None:
        return _complain(_HINT)
    from .boards import documents

    try:
        design = _design(options)
        dashboards = {
            f"dashboards/{design.survey.namespace}-{name}.json": text
            for name, text in documents(design).items()
        }
        others = {
            "provisioning/dashboards/mcp_perf.yaml": provisioning.provider(options.folder, options.path),
            "provisioning/datasources/mcp_perf.yaml": provisioning.source(
                options.datasource or "prometheus", options.prometheus
            ),
        }
        for line in write(options.out, dashboards, others, options.force):
            print(line)
    except (NoAnswerError, NotOursError, ValueError) as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"--out {options.out} cannot be written ({error.strerror})")
    return 0


def _design(options: argparse.Namespace) -> Design:
    is_asked = bool(options.url)
    if is_asked and options.namespace:
        raise wrong("--namespace", options.namespace, "left out where there is a URL: the service says it")
    found = survey(remote.client_of(options)) if is_asked else usual(_namespace(options))
    prefix = f"{found.namespace}: " if options.title_prefix is None else options.title_prefix
    bounds = bounds_of(found)
    if options.within is not None and options.within not in bounds and not options.native:
        raise wrong(
            "--within", options.within, f"one of the buckets {', '.join(f'{one:g}' for one in bounds)}"
        )
    within = options.within or within_of(bounds)
    return Design(found, is_asked, options.datasource or "default", prefix, options.native, within)


def _namespace(options: argparse.Namespace) -> str:
    name: str = options.namespace or os.environ.get(_NAMESPACE) or "mcp"
    try:
        return check_metric_name(name)
    except ValueError:
        source = "--namespace" if options.namespace else _NAMESPACE
        raise wrong(source, name, "letters, digits and '_', no digit in front") from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if 0 < seconds < math.inf:
        return seconds
    raise argparse.ArgumentTypeError(f"must be a positive number of seconds, not {text!r}")


def _complain(sentence: str) -> int:
    complain("dashboards", sentence)
    return 1
