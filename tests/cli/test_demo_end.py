"""How ``mcp-perf demo`` ends, or does not even begin."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from support.servers import HOST

pytestmark = pytest.mark.real

SCRIPT = Path(sys.executable).with_name("mcp-perf")
WAYS = {
    "Ctrl-C": [signal.SIGINT],
    "Ctrl-C again and again": [signal.SIGINT] * 5,
    "kill": [signal.SIGTERM],
    "the terminal is closed": [signal.SIGHUP],
}


@pytest.fixture(scope="module")
def running(start):
    """A demo for each way of ending it, all started at once."""
    return {way: start() for way in WAYS}


@pytest.mark.parametrize("way", WAYS)
def test_a_signal_ends_it(running, way):
    """It stops with status 0 and its totals, without a traceback, and leaves no file behind."""
    demo = running[way]
    demo.pages()
    assert list(demo.files.iterdir())
    assert 0 == demo.stop(*WAYS[way])
    assert "" == demo.errors
    assert re.search(r"The shop was open for 0:\d\d\.\n  \d+ requests?, \d+ error", demo.output)
    assert [] == list(demo.files.iterdir())


def test_it_ends_by_itself(start):
    """With --seconds nobody has to stop it; the console script is the same program."""
    demo = start("--seconds", "1.2", command=[SCRIPT])
    assert 0 == demo.stop()
    assert "" == demo.errors
    assert "It stops after 1.2 s, or by Ctrl-C." in demo.output
    assert 3 == len(re.findall(r"^  [A-Z_]+ .* requests? +p50 .* p95 .*$", demo.output, re.MULTILINE))


def test_it_ends_when_nobody_reads_it(start):
    """``mcp-perf demo | head`` ends without a word once head has gone."""
    reader, writer = os.pipe()
    demo = start(stdout=writer)
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
    assert 2 == demo.stop()
    assert "" == demo.errors
    assert [] == list(demo.files.iterdir())


def test_a_port_that_is_taken_is_told(start):
    """The sentence names the port and the way out; there is no traceback."""
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        demo = start(port=port)
        assert 1 == demo.stop()
    expected = (
        f"mcp-perf demo: error: port {port} is taken by another program; "
        "choose another one with --port N, or let --port 0 find a free one\n"
    )
    assert expected == demo.errors
    assert "" == demo.output


def test_an_environment_that_is_wrong_is_told(start):
    """The sentence names the variable, whatever reads it first."""
    demo = start(environment={"MCP_PERF_NAMESPACE": "9"})
    assert 2 == demo.stop()
    assert re.fullmatch("mcp-perf demo: error: MCP_PERF_NAMESPACE: .*\n", demo.errors)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_output_that_cannot_be_written_is_told():
    """A full device behind the output ends the demo with a sentence."""
    with open("/dev/full", "w") as full:
        demo = subprocess.run(
            [SCRIPT, "demo", "--port", "0", "--seconds", "1"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )

    assert 2 == demo.returncode
    assert "mcp-perf: error: the output cannot be written (No space left on device)\n" == demo.stderr


def test_output_that_is_closed_is_nobodys_business():
    """With its output closed the demo runs as it does elsewhere."""
    demo = subprocess.run(
        ["sh", "-c", '"$0" demo --port 0 --seconds 1 >&-', SCRIPT],
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
    )

    assert (0, "") == (demo.returncode, demo.stderr)
