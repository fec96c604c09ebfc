"""``mcp-perf demo`` as a process, for the tests that start it as a user does."""

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from support.servers import HOST, PATIENCE

MODULE = (sys.executable, "-m", "mcp_perf")
ADDRESS = re.compile(rf"http://{re.escape(HOST)}:(\d+)(/\S*)")


class Demo:
    """A demo that runs. Its temporary files go to the directory `files`, and what it prints to files too."""

    def __init__(self, directory, options, command=MODULE, environment=(), **popen):
        self.files = directory / "files"
        self.files.mkdir()
        self._said = {name: directory / name for name in ("stdout", "stderr")}
        with contextlib.ExitStack() as stack:
            streams = {name: stack.enter_context(path.open("wb")) for name, path in self._said.items()}
            self.process = subprocess.Popen(
                [*command, "demo", *options],
                cwd=directory,
                env=_environment(TMPDIR=str(self.files), **dict(environment)),
                **{"stdin": subprocess.DEVNULL, **streams, **popen},
            )

    @property
    def output(self):
        return self._said["stdout"].read_text("utf-8")

    @property
    def errors(self):
        return self._said["stderr"].read_text("utf-8")

    def pages(self):
        """The paths whose addresses are printed, once they are."""
        self.until(lambda: "Ctrl-C" in self.output)
        return [path for _, path in ADDRESS.findall(self.output)]

    def ask(self, path, method="GET", form=None):
        """Status and body of the answer to one request."""
        self.pages()
        port = ADDRESS.search(self.output).group(1)
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        with contextlib.closing(http.client.HTTPConnection(HOST, int(port), timeout=PATIENCE)) as connection:
            connection.request(method, path, form, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def render(self, names=()):
        """What ``/metrics`` says, so that `support.readings` reads a demo as it reads a monitor."""
        query = "&".join(f"name[]={name}" for name in names)
        return "", self.ask(f"/metrics?{query}")[1]

    def until(self, condition):
        """Wait until `condition` holds; AssertionError when the demo ends or the patience does."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, f"the demo has ended:\n{self.output}{self.errors}"
            assert time.monotonic() < deadline, f"in vain:\n{self.output}{self.errors}"
            time.sleep(0.02)

    def stop(self, *signals):
        """Send the signals and give the exit status."""
        for number in signals:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """``start("--seconds", "1")`` starts a demo on a free port; none outlives the module's tests."""
    with contextlib.ExitStack() as stack:

        def start(*options, port=0, **keywords):
            demo = Demo(tmp_path_factory.mktemp("demo"), ["--port", str(port), *options], **keywords)
            stack.callback(_kill, demo.process)
            return demo

        yield start


@pytest.fixture
def signals():
    """Hands this process its signals back, which a demo that runs inside of it takes for good."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _environment(**additions):
    ours = {name: value for name, value in os.environ.items() if not name.startswith("MCP_PERF_")}
    return {**ours, **additions}


def _kill(process):
    if process.poll() is None:
        process.kill()
    process.wait()
