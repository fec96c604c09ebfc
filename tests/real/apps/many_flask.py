"""What `many` answers, from Flask's own server."""

import os

import changing  # noqa: F401 - a file that a test changes
from flask import Flask

from mcp_perf.adapters.flask import PerformanceMonitoring

app = Flask(__name__)
PerformanceMonitoring(app)


@app.get("/one")
@app.get("/two")
def answer():
    return str(os.getpid())
