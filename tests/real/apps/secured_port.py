"""``secured_port.py port certfile keyfile tokens``: metrics on a port of their own, until SIGTERM.

They are for who has a token of the file; how many requests had none is counted.
"""

import logging
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support import secured

from mcp_perf import PerformanceMonitor
from mcp_perf.access import any_of, bearer


def note(request):
    refused.inc()
    return False


logging.basicConfig(level=logging.DEBUG)
port, certfile, keyfile, tokens = sys.argv[1:]
monitor = PerformanceMonitor(access=any_of(bearer(file=tokens), note))
refused = monitor.counter("refused", "Requests without a token.")
secured.count(monitor)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with monitor.serve(port=int(port), certfile=certfile, keyfile=keyfile):
    signal.sigwait({signal.SIGTERM})
