"""What Django's face of the metrics app believes of its server."""

import pytest
from support.faces_fuzz import monitor_of, through_asgi, through_wsgi
from support.requests_fuzz import Asked


@pytest.mark.parametrize(("face", "expected"), [("wsgi", 1), ("asgi", 0)])
def test_only_a_wsgi_server_says_that_it_has_several_processes(monkeypatch, caplog, face, expected) -> None:
    """An ASGI server is not taken for one, though Django says of every one that it has several."""
    project = pytest.importorskip("support.django_project")
    from mcp_perf.adapters.django import metrics_urls

    environ = Asked.environ
    monkeypatch.setattr(Asked, "environ", lambda self: environ(self) | {"wsgi.multiprocess": True})
    application = getattr(project, face)(metrics_urls(monitor=monitor_of()), middleware=())
    through = {"wsgi": through_wsgi, "asgi": through_asgi}[face]

    assert 200 == through(application, Asked(path="/metrics")).status
    assert expected == sum("wsgi.multiprocess" in record.getMessage() for record in caplog.records)
