"""``mcp-perf rules``: its options, and what it writes."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import sys
from pathlib import Path

from ..errors import wrong
from ..registry.labels import check_metric_name
from ..remote import NoAnswerError
from ..remote import options as remote
from ..remote.survey import Survey, survey, usual
from ..terminal import complain
from .documents import groups_of
from .objectives import Objectives
from .subject import Subject

SUMMARY = "write recording and alert rules for Prometheus, of a service or of all that the toolkit measures"
RUNBOOK = "runbook.html"

_HINT = "mcp-perf rules needs PyYAML: pip install 'mcp_perf[rules]'"
_NAMESPACE = "MCP_PERF_NAMESPACE"
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MATCHER = r'\s*[a-zA-Z_][a-zA-Z0-9_]*\s*(?:=~|!~|!=|=)\s*"(?:[^"\\\n]|\\.)*"\s*'
_MATCHERS = re.compile(rf"{_MATCHER}(?:,{_MATCHER})*")


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    add = parser.add_argument
    add(
        "url",
        metavar="URL",
        nargs="?",
        help="of a service or its metrics app, for its namespace, its buckets and its own metrics",
    )
    remote.access(parser)
    add("--out", required=True, metavar="FILE|DIR|-", help="where they are written; - is standard output")
    add("--slo", type=Path, metavar="FILE", help="objectives, in YAML; see docs/slo.rst")
    add(
        "--namespace",
        default=os.environ.get(_NAMESPACE) or "mcp",
        help=f"without URL: the metrics' first word (default: {_NAMESPACE}, or mcp)",
    )
    add("--select", default="", metavar="LABELS", help="rules for these series only, such as 'env=\"prod\"'")
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
        return _complain(_HINT)
    try:
        subject = Subject(_survey(options), _matchers(options.select), ("job", *_kept(options.keep)))
        return _write(subject, _objectives(options.slo, subject), options)
    except (NoAnswerError, ValueError) as error:
        return _complain(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        return _complain(f"{error.filename}: {error.strerror}")


def _survey(options: argparse.Namespace) -> Survey:
    if options.url:
        return survey(remote.client_of(options))
    return usual(check_metric_name(options.namespace, "--namespace"))


def _matchers(select: str) -> tuple[str, ...]:
    found = select.strip().removeprefix("{").removesuffix("}").strip().rstrip(",")
    if found and not _MATCHERS.fullmatch(found):
        raise wrong("--select", select, 'matchers of labels, such as \'env="prod", team=~"a|b"\'')
    return (found,) if found else ()


def _kept(labels: list[str]) -> list[str]:
    for label in labels:
        if not _LABEL.fullmatch(label) or label in ("job", "instance", "le"):
            raise ValueError(
                f"--keep must be the name of a label other than job, instance and le, not {label!r}"
            )
    return list(dict.fromkeys(labels))


def _objectives(path: Path | None, subject: Subject) -> Objectives:
    from . import slo_file

    return slo_file.read(path, subject.bounds_of) if path is not None else Objectives()


def _write(subject: Subject, said: Objectives, options: argparse.Namespace) -> int:
    from .writing import Style, whole, write

    style = Style(options.runbook, subject.namespace, options.format == "kubernetes")
    parts = groups_of(subject, said)
    if options.out == "-":
        sys.stdout.write(whole(style, parts))
        return 0
    for path in write(style, parts, Path(options.out)):
        print(path)
    return 0


def _complain(sentence: str) -> int:
    complain("rules", sentence)
    return 1
