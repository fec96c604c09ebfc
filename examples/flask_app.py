"""Flask: ``gunicorn examples.flask_app:app`` and then http://127.0.0.1:8000/metrics."""

from collections.abc import Iterator

from flask import Blueprint, Flask, Response

from mcp_perf import monitor_db_operation, monitor_workflow_step
from mcp_perf.adapters.flask import PerformanceMonitoring

app = Flask(__name__)
PerformanceMonitoring(app)

users = Blueprint("users", __name__, url_prefix="/users")


@monitor_db_operation("select", "users")
def find_user(uid: int) -> dict[str, int]:
    return {"id": uid}


@users.get("/<int:uid>")
@monitor_workflow_step("show_user", "find")
def show_user(uid: int) -> dict[str, int]:
    return find_user(uid)


app.register_blueprint(users)


@app.get("/")
def index() -> dict[str, str]:
    return {"hello": "world"}


@app.get("/stream")
def stream() -> Response:
    def parts() -> Iterator[bytes]:
        yield from (b"one\n", b"two\n", b"three\n")

    return Response(parts(), mimetype="text/plain")


@app.get("/boom")
def boom() -> str:
    raise ValueError("boom")
