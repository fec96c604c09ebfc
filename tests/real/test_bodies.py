"""What a WSGI server makes of an answer's body, with and without the middleware."""

import pytest
from support.edges import having
from support.readings import requests
from support.servers import APPS, gunicorn, running, settled, wsgiref

pytestmark = pytest.mark.real

PATHS = ("/", "/parts", "/written", "/big", "/file")
BIG = bytes(range(256)) * (1 << 15)
SERVERS = {
    "wsgiref": wsgiref,
    "gunicorn-sync": lambda app: gunicorn(app, worker="sync", directory=APPS),
    "gunicorn-gthread": lambda app: gunicorn(app, worker="gthread", directory=APPS),
}


def answers(command):
    """What a server answers to each path, but for the date."""
    with running(command) as server:
        found = {(method, path): server.ask(path, method) for method in ("GET", "HEAD") for path in PATHS}
    return {
        key: (status, sorted((name, value) for name, value in headers.items() if name != "Date"), body)
        for key, (status, headers, body) in found.items()
    }


@pytest.mark.parametrize("name", SERVERS)
def test_an_answer_is_the_same_with_and_without_us(name):
    """Status, header fields (``Content-Length`` above all) and body are what the server alone makes."""
    measured = answers(SERVERS[name]("edges_wsgi:app"))

    assert answers(SERVERS[name]("edges_wsgi:plain")) == measured
    if name == "wsgiref":  # the one that counts a body's length when it is of one piece
        assert ("Content-Length", "12") in measured["GET", "/"][1]


@pytest.mark.parametrize(
    ("name", "path"),
    having(wsgi_gunicorn=["/file"], flask_gunicorn=["/file"], django_gunicorn=["/file"]),
)
def test_a_file_is_sent_by_the_kernel_and_arrives_whole(edge, name, path):
    """A file stays the server's to send with ``sendfile``, complete, and counts once when it is out."""
    server = edge(name)
    label = ("GET", path, "200")
    sent = int(server.ask("/sendfiles")[2])
    counted = requests(server).get(label, 0)

    assert (200, BIG) == server.ask(path)[::2]
    # A client may have the last byte before the server's call has returned.
    assert sent + 1 == settled(lambda: int(server.ask("/sendfiles")[2]), sent + 1), server.output()
    assert counted + 1 == settled(lambda: requests(server).get(label), counted + 1)
