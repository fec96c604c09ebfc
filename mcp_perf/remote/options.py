"""The options of commands that ask over HTTP."""

from __future__ import annotations

import argparse
import os

from ..errors import wrong
from ..promql import Expressions, matchers_in
from ..registry.labels import check_namespace
from .client import PATIENCE, Client
from .survey import Survey, survey, usual

_TOKEN, _USER, _NAMESPACE = "MCP_PERF_TOKEN", "MCP_PERF_USER", "MCP_PERF_NAMESPACE"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, with what right, and for which services."""
    parser.add_argument("url", metavar="URL", help="of the service, of its metrics app, or of a Prometheus")
    _access(parser)
    _namespace(parser, "of a Prometheus")
    selected(parser, "of a Prometheus: which series")


def surveyed(parser: argparse.ArgumentParser) -> None:
    """The service that is to be asked what it measures, if any."""
    parser.add_argument(
        "url",
        metavar="URL",
        nargs="?",
        default="",
        help="of the service or of its metrics app; without one it is all that the toolkit can measure",
    )
    _access(parser)
    _namespace(parser, "without a URL")


def selected(parser: argparse.ArgumentParser, what: str) -> None:
    """Which series."""
    parser.add_argument("--select", default="", metavar="LABELS", help=f"{what}, such as 'job=\"shop\"'")


def client_of(options: argparse.Namespace, patience: float = PATIENCE) -> Client:
    """Who asks, for so many seconds at most; ValueError for what is no URL, or no token."""
    return Client(options.url, options.token, options.user, patience)


def expressions_of(options: argparse.Namespace) -> Expressions:
    """How a Prometheus is asked; ValueError for what selects nothing, or is no namespace."""
    return Expressions(namespace_of(options), matchers_of(options))


def survey_of(options: argparse.Namespace) -> Survey:
    """What is measured; NoAnswerError, and ValueError for a namespace beside a URL."""
    if not options.url:
        return usual(namespace_of(options))
    if options.namespace:
        raise wrong("--namespace", options.namespace, "left out where there is a URL: the service says it")
    return survey(client_of(options))


def matchers_of(options: argparse.Namespace) -> tuple[str, ...]:
    """What chooses the series; ValueError."""
    try:
        return matchers_in(options.select)
    except ValueError:
        raise wrong(
            "--select", options.select, 'matchers of labels, such as \'env="prod", team=~"a|b"\''
        ) from None


def namespace_of(options: argparse.Namespace) -> str:
    """The metrics' first word; ValueError."""
    name: str = options.namespace or os.environ.get(_NAMESPACE) or "mcp"
    try:
        return check_namespace(name)
    except ValueError:
        source = "--namespace" if options.namespace else _NAMESPACE
        raise wrong(source, name, "letters, digits and '_', no digit in front") from None


def _access(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--token", default=os.environ.get(_TOKEN, ""), help=f"a bearer token (default: {_TOKEN})")
    add("--user", default=os.environ.get(_USER, ""), metavar="NAME:PASSWORD", help=f"(default: {_USER})")


def _namespace(parser: argparse.ArgumentParser, when: str) -> None:
    parser.add_argument(
        "--namespace", help=f"{when}: the metrics' first word (default: {_NAMESPACE}, or mcp)"
    )
