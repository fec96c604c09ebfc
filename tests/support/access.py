"""Requests for access rules, and both faces of a rule asked at once."""

import asyncio
import base64

from mcp_perf.endpoint.request import Request


def request(client="", **headers):
    """A request of `client` with `headers`, whose names are written with ``_`` for ``-``."""
    values = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request("GET", "", header=lambda name: values.get(name, ""), client=client)


def verdict(rule, client="", **headers):
    """What both faces of `rule` say, which has to be the same."""
    question = request(client, **headers)
    answer = rule.decide(question)
    assert answer == asyncio.run(rule.decide_async(question))
    return answer


def status(rule, client="", **headers):
    return verdict(rule, client, **headers).status


def basic_header(name, password, encoding="utf-8"):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode(encoding)).decode()


def messages(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "mcp_perf"]
