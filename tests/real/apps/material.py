"""What the applications of these tests send, and what they leave behind when their server stops."""

import atexit
import os
import tempfile

from mcp_perf import get_monitor

CHUNK = b"x" * 4096
BIG = bytes(range(256)) * (1 << 15)  # 8 MiB, more than the buffers of a loopback connection hold
FAREWELL = "--- metrics at exit ---"


def big_file():
    """The path of a file of `BIG`, which goes with this process."""
    handle, path = tempfile.mkstemp(prefix="mcp-perf-", suffix=".bin")
    with open(handle, "wb") as file:
        file.write(BIG)
    atexit.register(os.unlink, path)
    return path


def say_farewell():
    """Print the metrics when this process ends, for tests that outlive it."""
    atexit.register(lambda: print(f"{FAREWELL}\n{get_monitor().render()[1].decode()}", flush=True))
