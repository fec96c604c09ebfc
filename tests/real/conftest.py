"""Servers that several tests ask, each started when the first of them does and stopped after the last."""

import contextlib
import os

import pytest
from support.edges import EDGES
from support.load import fire
from support.otlp_server import collecting
from support.servers import running


@contextlib.contextmanager
def _kept():
    """``start(name, command)``: a server, started at the first call and stopped at the end."""
    servers = {}
    with contextlib.ExitStack() as stack:

        def start(name, command):
            if name not in servers:
                servers[name] = stack.enter_context(running(command))
            return servers[name]

        yield start
        for server in servers.values():  # all at once, since each takes its time
            server.terminate()


@pytest.fixture(scope="session")
def loaded():
    """``loaded(example)``: the example's server, which has been sent its requests, once for all tests."""
    sent = set()
    with _kept() as start:

        def of(example):
            server = start(example.name, example.command)
            if example.name not in sent:
                sent.add(example.name)
                assert [] == fire(server, example.asks()), server.output()[-4000:]
            return server

        yield of


@pytest.fixture(scope="session")
def edge():
    """``edge(name)``: the server of that name in `support.edges`, which other tests have asked before."""
    with _kept() as start:
        yield lambda name: start(name, EDGES[name])


@pytest.fixture(params=["http", "grpc"])
def collector(request, tmp_path, monkeypatch):
    """A receiver of OTLP by either protocol, which exporters find by the standard variables."""
    for name in [name for name in os.environ if name.startswith("OTEL_")]:
        monkeypatch.delenv(name)
    with collecting(request.param, tmp_path) as one:
        for name, value in one.variables.items():
            monkeypatch.setenv(name, value)
        yield one
