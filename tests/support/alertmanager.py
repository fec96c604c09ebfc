"""A real Alertmanager, and who is told by it."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from support.servers import HOST, Command, running, settled


class Receiver:
    """A webhook that runs: `told` has the alerts that it was sent, in their order."""

    def __init__(self):
        self.told = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.told += json.loads(body)["alerts"]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((HOST, 0), Handler)

    def statuses(self, name):
        """The statuses of an alert, each as often as they have changed."""
        found = [alert["status"] for alert in self.told if name == alert["labels"]["alertname"]]
        return [one for number, one in enumerate(found) if number == 0 or found[number - 1] != one]


@contextlib.contextmanager
def receiving():
    """A `Receiver`."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        thread.join()
        receiver.server.server_close()


@contextlib.contextmanager
def alerting(program, directory, receiver):
    """The `Server` of an Alertmanager that tells `receiver` of everything at once."""
    port = receiver.server.server_address[1]
    waits = {"group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h"}
    configuration = {
        "route": {"receiver": "test", "group_by": ["..."], **waits},
        "receivers": [
            {
                "name": "test",
                "webhook_configs": [{"url": f"http://{HOST}:{port}/", "send_resolved": True}],
            }
        ],
    }
    path = directory / "alertmanager.yml"
    path.write_text(json.dumps(configuration))
    arguments = (
        program,
        f"--config.file={path}",
        f"--storage.path={directory / 'alerts'}",
        f"--web.listen-address={HOST}:{{port}}",
        "--cluster.listen-address=",
        "--log.level=warn",
    )
    with running(Command(arguments, directory)) as server:
        assert settled(lambda: server.ask("/-/ready")[0], 200) == 200, server.output()
        yield server
