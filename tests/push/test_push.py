"""Push: a job's measurements reach the gateway when it ends, however it does, and harm it never."""

from __future__ import annotations

import asyncio
import base64
import os
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import trustme
from support.gateway import noting
from support.readings import value
from support.servers import free_port

from mcp_perf import PerformanceMonitor

START = 1_000_000.0


@pytest.fixture
def noted():
    with noting() as (found, address):
        found.address = address
        yield found


@pytest.fixture
def rows(monitor):
    return monitor.counter("rows", "Rows.")


def test_what_a_job_has_measured(monitor, rows, clock, noted) -> None:
    """When a job ends its group has all that it has measured, and what it was like."""
    with monitor.push(noted.address, "nightly", grouping={"shard": "1"}):
        rows.inc(5)
        clock.advance(90)
    ((method, path, headers, samples),) = noted.requests

    assert ("PUT", "/metrics/job/nightly/shard/1") == (method, path)
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    assert {
        "rows_total": 5.0,
        "mcp_job_last_success": 1.0,
        "mcp_job_last_start_timestamp_seconds": START,
        "mcp_job_last_end_timestamp_seconds": START + 90,
        "mcp_job_last_duration_seconds": 90.0,
        "mcp_job_last_success_timestamp_seconds": START + 90,
    } == {name: number for (name, _), number in samples.items() if name.startswith(("rows", "mcp_job"))}


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit(3), asyncio.CancelledError])
def test_a_job_that_fails(error, monitor, rows, noted) -> None:
    """A job that fails says so, raises what it has raised, and leaves when it succeeded last as it is."""
    rows.inc(5)
    with pytest.raises(BaseException) as caught, monitor.push(noted.address, "nightly"):  # noqa: PT011
        raise error

    assert error in (caught.value, caught.type)
    assert ["POST"] == noted.methods
    assert (5.0, 0.0) == (noted.value("rows_total"), noted.value("mcp_job_last_success"))
    assert None is noted.value("mcp_job_last_success_timestamp_seconds")


def test_a_job_that_ends_by_exit(monitor, noted) -> None:
    """To leave by ``sys.exit()`` is to succeed."""
    with pytest.raises(SystemExit), monitor.push(noted.address, "nightly"):
        raise SystemExit
    assert 1.0 == noted.value("mcp_job_last_success")


def test_async(monitor, rows, noted) -> None:
    """In a coroutine it is an ``async with``, which keeps no event loop."""
    noted.is_hanging.set()
    turns = []

    async def other():
        while noted.is_hanging.is_set():
            turns.append(len(noted.requests))
            if len(turns) > 20 and noted.requests:
                noted.is_hanging.clear()
            await asyncio.sleep(0.005)

    async def job():
        async with monitor.push(noted.address, "nightly"):
            rows.inc(5)

    async def both():
        await asyncio.gather(job(), other())

    asyncio.run(both())
    assert 5.0 == noted.value("rows_total")
    assert len(turns) > 20


def test_meanwhile(monitor, rows, noted) -> None:
    """With an interval the gateway knows what the job is at, beside what the run before has left."""
    with monitor.push(noted.address, "nightly", interval=0.01):
        rows.inc(5)
        deadline = time.monotonic() + 30
        while not noted.requests or noted.value("rows_total") != 5.0:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        assert None is noted.value("mcp_job_last_end_timestamp_seconds")
    number = len(noted.requests)
    time.sleep(0.05)

    assert {"POST"} == set(noted.methods[:-1])
    assert "PUT" == noted.methods[-1]
    assert number == len(noted.requests), "nothing comes after the end"


def test_when_somebody_likes(monitor, rows, noted) -> None:
    """A push may be asked for, and says whether it was taken."""
    push = monitor.push(noted.address, "nightly")
    rows.inc()
    assert push.push()
    noted.statuses = [400]
    assert not push.push()


def test_delete(monitor, noted) -> None:
    """With `delete` nothing of the job stays at the gateway."""
    with monitor.push(noted.address, "nightly", delete=True) as push:
        push.push()
    assert ["POST", "DELETE"] == noted.methods


@pytest.mark.parametrize(
    ("job", "path"),
    [
        ("a/b", "/metrics/job@base64/" + base64.urlsafe_b64encode(b"a/b").decode()),
        ("a b", "/metrics/job@base64/" + base64.urlsafe_b64encode(b"a b").decode()),
        ("ü+%", "/metrics/job@base64/" + base64.urlsafe_b64encode("ü+%".encode()).decode()),
        ("..", "/metrics/job@base64/Li4="),
        ("a-b_c.d", "/metrics/job/a-b_c.d"),
    ],
)
def test_odd_characters(job, path, monitor, noted) -> None:
    """A job or a label value may have any character."""
    with monitor.push(noted.address, job):
        pass
    assert path == noted.requests[0][1]


def test_label_without_a_value(monitor, noted) -> None:
    """An empty label value has a form of its own."""
    with monitor.push(noted.address, "nightly", grouping={"shard": ""}):
        pass
    assert "/metrics/job/nightly/shard@base64/=" == noted.requests[0][1]


def test_who_it_is(monitor, noted) -> None:
    """A user, a password and headers go along with every request."""
    with monitor.push(
        noted.address,
        "nightly",
        auth=("ü", "a:b"),
        headers={"X-Scope-OrgID": "7", "X-Odd": "\xe4 b", "X-None": ""},
        delete=True,
    ) as one:
        one.push()
    for _, _, headers, _ in noted.requests:
        assert "ü:a:b" == base64.b64decode(headers["authorization"].removeprefix("Basic ")).decode()
        assert ("7", "\xe4 b", "") == (headers["x-scope-orgid"], headers["x-odd"], headers["x-none"])


def test_tls(monitor, rows, tmp_path, caplog) -> None:
    """A gateway behind TLS is one whom somebody trusts, and may want to know who asks."""
    authority = trustme.CA()
    files = {name: str(tmp_path / name) for name in ("ca_file", "cert_file", "key_file")}
    authority.cert_pem.write_to_path(files["ca_file"])
    client = authority.issue_cert("client@example.org")
    client.cert_chain_pems[0].write_to_path(files["cert_file"])
    client.private_key_pem.write_to_path(files["key_file"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    rows.inc(5)
    with noting(context) as (noted, address):
        with monitor.push(address, "nightly", **files):
            pass
        assert 5.0 == noted.value("rows_total")
        with monitor.push(address, "nightly", timeout=0.3):
            pass
    assert "CERTIFICATE_VERIFY_FAILED" in caplog.text
    assert 1 == len(noted.requests)


def test_gateway_that_is_not_there(monitor, rows, caplog) -> None:
    """Where nobody listens the job goes on; that is logged and counted, and takes no longer than it may."""
    begun = time.monotonic()
    with monitor.push(f"127.0.0.1:{free_port()}", "nightly", timeout=0.3):
        rows.inc(5)

    assert time.monotonic() - begun < 10
    assert 1 == caplog.text.count("could not push its metrics (push)")
    assert 1.0 == value(monitor, "mcp_monitor_export_errors_total", exporter="push")


def test_gateway_that_hangs(monitor, noted, caplog) -> None:
    """So it is with one that does not answer."""
    noted.is_hanging.set()
    begun = time.monotonic()
    with monitor.push(noted.address, "nightly", timeout=0.3):
        pass

    assert time.monotonic() - begun < 10
    assert "could not push its metrics (push)" in caplog.text


def test_gateway_that_comes_back(monitor, rows, noted, caplog) -> None:
    """One that is overloaded is asked again, one that refuses is not; what it says is in the log."""
    noted.statuses = [503]
    with monitor.push(noted.address, "nightly"):
        rows.inc(5)
    assert ["PUT", "PUT"] == noted.methods
    assert "" == caplog.text

    noted.requests.clear()
    noted.statuses = [400]
    with monitor.push(noted.address, "nightly"):
        pass
    assert ["PUT"] == noted.methods
    assert "the gateway answered 400: no such luck" in caplog.text


def test_child_of_a_job(monitor, rows, noted) -> None:
    """A child that is forked in the block leaves the end of the job to its parent."""
    with monitor.push(noted.address, "nightly", interval=3600):
        rows.inc(5)
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                with monitor.push(noted.address, "other") as other:
                    other._pid = 0  # as if it had begun in the parent
                status = 0
            finally:
                os._exit(status)
        assert 0 == os.waitpid(pid, 0)[1]
        assert [] == noted.requests
    assert ["PUT"] == noted.methods


def test_one_push_at_a_time(monitor, rows, noted) -> None:
    """What was read first does not come last: a push waits for the one before."""
    push = monitor.push(noted.address, "nightly")
    noted.is_hanging.set()
    threads = [threading.Thread(target=push.push) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert 1 == len(noted.requests)
    rows.inc(5)
    noted.is_hanging.clear()
    for thread in threads:
        thread.join()
    assert (3, 5.0) == (len(noted.requests), noted.value("rows_total"))


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        (("", "job"), {}, "gateway must be an address such as http://localhost:9091, not ''"),
        (("ftp://host", "job"), {}, "gateway must be"),
        (("host:99999", "job"), {}, "gateway must be"),
        (("host", ""), {}, "job must be the name of a job, not ''"),
        (("host", "\ud800"), {}, "job must be"),
        (
            ("host", "job"),
            {"grouping": {"job": "x"}},
            "grouping must be a mapping of label names, none of them",
        ),
        (("host", "job"), {"grouping": {"a-b": "x"}}, "grouping must be"),
        (("http://me:secret@host", "job"), {}, "gateway must be an address without a user .* are auth$"),
        (("host", "job"), {"grouping": {"le": "x"}}, "grouping must be .* none of them job, le, quantile"),
        (("host", "job"), {"grouping": {"shard": 1}}, "grouping must be a mapping of label names to values"),
        (("host", "job"), {"interval": 0}, "interval must be a positive number of seconds, not 0"),
        (
            ("host", "job"),
            {"timeout": 1e10},
            "timeout must be a positive number of seconds, not 10000000000.0",
        ),
        (("host", "job"), {"timeout": None}, "timeout must be a positive number of seconds, not None"),
        (("host", "job"), {"auth": "me"}, "auth must be a user, without ':', and a password"),
        (("host", "job"), {"headers": {"a": 1}}, r"headers\['a'\] must be ISO 8859-1 text"),
        (
            ("host", "job"),
            {"headers": {"X-Token": "secret\n"}},
            r"headers\['X-Token'\] must be ISO 8859-1 text on one line, with no space around it$",
        ),
        (("host", "job"), {"headers": {"X-Token": "secret \N{EURO SIGN}"}}, r"headers\['X-Token'\] must be"),
        (("host", "job"), {"headers": {"X-Token": " secret"}}, r"headers\['X-Token'\] must be"),
        (("host", "job"), {"headers": {"X Token": "a"}}, "headers must be named by ASCII letters, digits"),
        (("host", "job"), {"key_file": "key.pem"}, "key_file must be given together with cert_file"),
    ],
)
def test_a_wrong_argument_says_what_is_allowed(arguments, keywords, message) -> None:
    """A wrong argument is an error at once, which names it, its value and what is allowed."""
    with pytest.raises(ValueError, match=f"^{message}"):
        PerformanceMonitor(registry=None).push(*arguments, **keywords)


@pytest.mark.parametrize("delete", [False, True])
def test_a_push_on_the_way_that_hangs(delete, monitor, noted) -> None:
    """What is pushed at the end comes last, in time, even if a push before hangs."""
    noted.hangs = 1
    with monitor.push(noted.address, "nightly", interval=0.01, timeout=2, delete=delete):
        while not noted.requests:
            time.sleep(0.01)

    assert ["POST", "DELETE" if delete else "PUT"] == noted.methods


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_refusal(status, monitor) -> None:
    """A gateway that sends a push elsewhere has not taken it, and elsewhere no password is told."""
    elsewhere = []

    class Login(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Location", "/login")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            elsewhere.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Login) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        job = monitor.push(f"http://127.0.0.1:{server.server_port}", "nightly", auth=("me", "secret"))
        is_taken = job.push()
        server.shutdown()

    assert (False, []) == (is_taken, elsewhere)


@pytest.mark.parametrize("access", [{"ca_file": "/nowhere"}, {"cert_file": "/nowhere"}])
def test_files_that_are_not_there(access) -> None:
    """Whoever names a file that cannot be read is told which."""
    with pytest.raises(FileNotFoundError, match="No such file or directory: '/nowhere'"):
        PerformanceMonitor(registry=None).push("host", "job", **access)
