"""The options of commands that ask over HTTP."""

from __future__ import annotations

import argparse
import os

from ..promql import Expressions
from .client import Client

_TOKEN, _USER = "MCP_PERF_TOKEN", "MCP_PERF_USER"


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is asked, with what right, and for which services."""
    add = parser.add_argument
    add("url", metavar="URL", help="of the service, of its metrics app, or of a Prometheus")
    access(parser)
    add("--namespace", default="mcp", help="of a Prometheus: the metrics' first word (default: mcp)")
    add("--select", default="", metavar="LABELS", help="of a Prometheus: which, such as 'job=\"shop\"'")


def access(parser: argparse.ArgumentParser) -> None:
    """With what right it is asked."""
    add = parser.add_argument
    add("--token", default=os.environ.get(_TOKEN, ""), help=f"a bearer token (default: {_TOKEN})")
    add("--user", default=os.environ.get(_USER, ""), metavar="NAME:PASSWORD", help=f"(default: {_USER})")


def client_of(options: argparse.Namespace) -> Client:
    """Who asks; ValueError for what is no URL, or no token."""
    return Client(options.url, options.token, options.user)


def expressions_of(options: argparse.Namespace) -> Expressions:
    """How a Prometheus is asked."""
    return Expressions(options.namespace, (options.select,) if options.select else ())
