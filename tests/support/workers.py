"""Workers that a test can kill: each a process with a monitor of its own, over the same directory."""

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from mcp_perf import PerformanceMonitor, monitor_call
from support.readings import samples
directory, settings = sys.argv[1], json.loads(sys.argv[2])
monitor = PerformanceMonitor(registry=None, worker_dir=directory, **settings)
job = monitor_call("job", monitor=monitor)(lambda: None)
for line in sys.stdin:
    order = json.loads(line)
    for _ in range(order.get("calls", 0)):
        job()
    for name, number in order.get("counters", {}).items():
        monitor.counter("jobs", "Jobs.", ["kind"]).labels(name).inc(number)
    for name, events in order.get("exemplars", {}).items():
        for seconds, labels in events:
            monitor.histogram(name, "Events.", ["kind"]).labels(name).observe(seconds, exemplar=labels)
    if "gauge" in order:
        monitor.gauge("level", "Level.").set(order["gauge"])
    answer = None
    if order.get("read"):
        answer = [[name, dict(labels), number] for (name, labels), number in samples(monitor).items()]
    print(json.dumps(answer), flush=True)
"""


class Worker:
    """One such process; gone at the end of the block at the latest."""

    def __init__(self, directory, **settings):
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(directory), json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=None,
            cwd=__file__.rpartition("/support/")[0],
        )
        self.pid = self._process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._process.stdin.close()
        self._process.stdout.close()

    def use(self, **order):
        """Have it count; returns once it has."""
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def kill(self):
        """SIGKILL, and wait until it is gone."""
        self._process.kill()
        self._process.wait()
