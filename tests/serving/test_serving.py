"""The metrics on a port of their own."""

from __future__ import annotations

import errno
import gc
import json
import socket
import threading
import warnings

import pytest
from support.plain_http import connect, get, rest
from support.readings import requests

from mcp_perf import PerformanceMonitor
from mcp_perf.access import bearer, networks
from mcp_perf.serving import Server, serve


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("mcp_perf server")]


def test_metrics(server, monitor) -> None:
    """The metrics are at ``/metrics``, as everywhere."""
    monitor.counter("jobs", "Jobs.").inc(3)
    found = get(server)

    assert (200, "text/plain; version=0.0.4; charset=utf-8") == (found.status, found.headers["Content-Type"])
    assert b"jobs_total 3.0" in found.body


def test_summary(server) -> None:
    """The summary is below, with what the query string asks for."""
    found = json.loads(get(server, "/metrics/summary?top=1").body)

    assert (1, 0) == (found["workers"], found["http"]["routes_omitted"])
    assert 400 == get(server, "/metrics/summary?top=x").status


def test_access() -> None:
    """The monitor's access rules hold here, too: of peers as they are, not as they say."""
    rules = {"metrics": bearer("s" * 32), "summary": networks("192.0.2.0/24")}
    with serve(PerformanceMonitor(registry=None, access=rules), port=0) as server:
        token = {"Authorization": "Bearer " + "s" * 32}
        assert (401, 200) == (get(server).status, get(server, headers=token).status)
        forged = {"X-Forwarded-For": "192.0.2.1", "X_Forwarded_For": "192.0.2.1"}
        assert 403 == get(server, "/metrics/summary", headers=forged).status


def test_the_monitor_s_method(monitor) -> None:
    """A monitor serves itself."""
    with monitor.serve(port=0, path="/own") as server:
        assert 200 == get(server, "/own").status


def test_headers_reach_the_endpoint(server) -> None:
    """What a client accepts decides on what it gets."""
    accept = {"Accept": "application/openmetrics-text; version=1.0.0", "Accept-Encoding": "gzip"}
    found = get(server, headers=accept)

    assert found.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert "gzip" == found.headers["Content-Encoding"]


@pytest.mark.parametrize("path", ["/", "/metricsx", "/summary", "/metrics/nope", "/%2e%2e/", "*"])
def test_nothing_else_is_there(server, path) -> None:
    """Every other path is 404."""
    assert 404 == get(server, path).status


@pytest.mark.parametrize("path", ["/", "/metrics"])
def test_head(server, path) -> None:
    """HEAD gets the headers alone."""
    assert b"" == get(server, path, "HEAD").body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_other_methods(server, method) -> None:
    """Other methods are answered 405, whatever they bring."""
    found = get(server, method=method, body=b"x" * 1_000_000)

    assert (405, "GET, HEAD") == (found.status, found.headers["Allow"])


def test_another_path(serving) -> None:
    """The metrics are where `path` says, and nowhere else."""
    server = serving(path="/internal/metrics/")

    assert (200, 404) == (get(server, "/internal/metrics").status, get(server).status)
    assert f"http://127.0.0.1:{server.port}/internal/metrics" == server.url


def test_one_request_a_connection(server) -> None:
    """A connection is closed after its answer, whatever the client would like."""
    with connect(server) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n" * 2)
        assert 1 == rest(connection).count(b" 200 OK")


def test_requests_are_not_measured(server, monitor) -> None:
    """Nothing that is asked of this port is among the application's requests."""
    for path in ("/metrics", "/nope"):
        get(server, path)

    assert {} == requests(monitor)


def test_many_at_once(server, monitor) -> None:
    """More clients than the server has threads are all answered."""
    monitor.counter("jobs", "Jobs.").inc()
    found = []
    clients = [threading.Thread(target=lambda: found.append(get(server).status)) for _ in range(60)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()

    assert [200] * 60 == found


def test_ipv6(serving) -> None:
    """IPv6 works as well."""
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    server = serving(host="::1")

    assert 200 == get(server, host="::1").status
    assert f"http://[::1]:{server.port}/metrics" == server.url


def test_all_addresses_of_both_kinds(serving) -> None:
    """``::`` is every address of this machine, of either kind."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("no sockets for both kinds here")
    server = serving(host="::")

    assert [200, 200] == [get(server, host=host).status for host in ("::1", "127.0.0.1")]


def test_names(serving) -> None:
    """A name of this machine will do."""
    assert 200 == get(serving(host="localhost"), host="127.0.0.1").status


def test_closing(monitor) -> None:
    """A server that is closed leaves no thread and no port behind, and may be closed again."""
    before = threads()
    server = serve(monitor, port=0)
    get(server)
    server.close()
    server.close()

    assert server.closed
    assert before == threads()
    with pytest.raises(ConnectionRefusedError):
        connect(server)
    with serve(monitor, port=server.port) as again:
        assert 200 == get(again).status
    assert again.closed


def test_closing_waits_for_last_steps(monitor) -> None:
    """A thread whose answer has gone is waited for, too, however often a server comes and goes."""
    left = []
    for _ in range(100):
        with serve(monitor, port=0) as server:
            get(server)
        left += threads()

    assert [] == left


def test_closing_leaves_nothing_open(monitor) -> None:
    """No socket is left to the garbage collector."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        with serve(monitor, port=0) as server, connect(server):
            get(server)
        del server
        gc.collect()

    assert [] == [one.message for one in found if issubclass(one.category, ResourceWarning)]


def test_closing_cuts_off(monitor) -> None:
    """What is under way ends with the server."""
    with serve(monitor, port=0) as server, connect(server) as connection:
        connection.sendall(b"GET /metrics HTTP/1.1\r\n")
        while not any("request" in thread.name for thread in threads()):
            pass
        server.close()
        assert b"" == rest(connection)


def test_a_server_goes_on_unheld(monitor) -> None:
    """Nobody needs to keep the server for it to go on."""
    port = serve(monitor, port=0).port
    gc.collect()
    [server] = [
        one for one in gc.get_objects() if type(one) is Server and one.port == port and not one.closed
    ]
    with server:
        assert 200 == get(server).status


@pytest.mark.parametrize("port", [-1, 65536, "9000", 9000.0, True, None])
def test_wrong_port(monitor, port) -> None:
    """What is no port is refused, with what is allowed."""
    with pytest.raises(
        ValueError, match=r"^port must be a number from 1 to 65535, or 0 for a free one, not "
    ):
        serve(monitor, port=port)


@pytest.mark.parametrize(
    "host", ["", None, 5, "no such host", "x" * 300, "host.invalid", "1.2.3.4.5", "a\0b"], ids=repr
)
def test_wrong_host(monitor, host) -> None:
    """What is no address is refused, with what is allowed."""
    with pytest.raises(ValueError, match=r"^host must be an address of this machine, "):
        serve(monitor, port=0, host=host)


def test_an_address_of_another_machine(monitor) -> None:
    """An address that is not this machine's is an error that names it."""
    with pytest.raises(
        OSError, match=r"nobody can listen on host '192\.0\.2\.1', port 0, now \(cannot assign"
    ):
        serve(monitor, port=0, host="192.0.2.1")


def test_an_address_in_use(monitor, server) -> None:
    """A port that is taken is an error that names it, and tells by its number what kind it is."""
    with pytest.raises(OSError, match=rf"'127\.0\.0\.1', port {server.port}, now \(address already") as found:
        serve(monitor, port=server.port)

    assert errno.EADDRINUSE == found.value.errno
    assert 200 == get(server).status


@pytest.mark.parametrize("path", ["metrics", "/", "", None])
def test_wrong_path(monitor, path) -> None:
    """A path that cannot be one is refused."""
    with pytest.raises(ValueError, match=r"^path must be a path with a leading '/'"):
        serve(monitor, port=0, path=path)


def test_what_it_says_of_itself(server) -> None:
    """A server shows where it is, and whether it is closed."""
    assert f"<Server http://127.0.0.1:{server.port}/metrics>" == repr(server)
    server.close()
    assert repr(server).endswith(" closed>")
