"""Work in threads of a WSGI server."""

from flask import Flask
from working import SETTINGS, linger, wait, work

from mcp_perf import configure
from mcp_perf.adapters.flask import PerformanceMonitoring

configure(**SETTINGS)
app = Flask(__name__)


@app.get("/items/<item>")
def item(item):
    work()
    return item


@app.get("/waits/<item>")
def waits(item):
    wait()
    return item


@app.get("/slow")
def slow():
    linger()
    return ""


PerformanceMonitoring(app)
