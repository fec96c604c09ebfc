"""``mcp-perf rules``: its options, and what it writes."""

from __future__ import annotations

import argparse
import importlib.util
from pathlib import Path

from ..remote import NoAnswerError
from ..remote import options as remote
from ..terminal import complain, put
from .documents import groups_of
from .level import level_of
from .objectives import Specification
from .subject import Subject

SUMMARY = "write recording and alert rules for Prometheus, of a service or of all that the toolkit measures"
RUNBOOK = "runbook.html"

_HINT = "mcp-perf rules needs PyYAML: pip install 'mcp_perf[rules]'"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    remote.surveyed(parser)
    add("--out", required=True, metavar="FILE|DIR|-", help="where they are written; - is standard output")
    add("--slo", type=Path, metavar="FILE", help="objectives, in YAML; see docs/slo.rst")
    remote.selected(parser, "rules for these series only")
    add(
        "--keep",
        action="append",
        default=[],
        metavar="LABEL",
        help="a label of targets that stays beside job, such as cluster",
    )
    add(
        "--runbook",
        default=RUNBOOK,
        metavar="URL",
        help="the page that alerts point to (default: %(default)s)",
    )
    add(
        "--format",
        choices=("prometheus", "kubernetes"),
        default="prometheus",
        help="rule files, or PrometheusRule manifests (default: %(default)s)",
    )


def run(options: argparse.Namespace) -> int:
    """Write the rules; gives the exit status."""
    if importlib.util.find_spec("yaml") is None:
        return complain("rules", _HINT)
    try:
        survey = remote.survey_of(options)
        level = level_of(options.keep, survey)
        subject = Subject(survey, remote.matchers_of(options), level, is_asked=bool(options.url))
        return _write(subject, _objectives(options.slo, subject), options)
    except (NoAnswerError, ValueError) as error:
        return complain("rules", str(error))
    except OSError as error:
        if error.filename is None:
            raise
        return complain("rules", f"{error.filename}: {error.strerror}")


def _objectives(path: Path | None, subject: Subject) -> Specification:
    from . import slo_file

    return slo_file.read(path, subject.bounds_of) if path is not None else Specification()


def _write(subject: Subject, said: Specification, options: argparse.Namespace) -> int:
    from .writing import Style, whole, write

    style = Style(options.runbook, subject.namespace, options.format == "kubernetes")
    parts = groups_of(subject, said)
    if options.out == "-":
        put(whole(style, parts))
        return 0
    for line in write(style, parts, Path(options.out)):
        print(line)
    return 0
