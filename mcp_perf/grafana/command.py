"""``mcp-perf dashboards``: its options, and what it writes."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from ..errors import wrong
from ..measurable import bounds_of
from ..remote import NoAnswerError
from ..remote import options as remote
from ..storage.grid import DEFAULT_BUCKETS
from ..terminal import complain, positive
from . import provisioning
from .design import Design, within_of
from .files import NotOursError, write

SUMMARY = "write dashboards for Grafana, made of what a service measures"
_HINT = (
    "mcp-perf dashboards needs grafana-foundation-sdk, for Python 3.11 or later: "
    "pip install 'mcp_perf[dashboards]'"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    remote.surveyed(parser)
    add(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help="where to write: dashboards/, which it replaces, and provisioning/, which stays as it is",
    )
    add("--force", action="store_true", help="replace whatever is there")
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
        type=positive("seconds"),
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
        return complain("dashboards", _HINT)
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
        return complain("dashboards", str(error))
    except OSError as error:
        return complain("dashboards", f"--out {options.out} cannot be written ({error.strerror})")
    return 0


def _design(options: argparse.Namespace) -> Design:
    found = remote.survey_of(options)
    prefix = f"{found.namespace}: " if options.title_prefix is None else options.title_prefix
    # Of what was asked before there was any traffic nobody knows the buckets.
    bounds = bounds_of(found) or DEFAULT_BUCKETS
    if options.within is not None and options.within not in bounds and not options.native:
        raise wrong(
            "--within", options.within, f"one of the buckets {', '.join(f'{one:g}' for one in bounds)}"
        )
    within = options.within or within_of(bounds)
    return Design(found, bool(options.url), options.datasource or "default", prefix, options.native, within)
