"""Clients that go away before they have their answer, under real servers."""

import threading
from collections import Counter

import pytest
from support.edges import having
from support.load import Ask, fire
from support.readings import exceptions, in_progress, lost, requests
from support.servers import settled
from support.sockets import leave_amid_answer, leave_amid_request

pytestmark = pytest.mark.real

HOW = ("closed", "reset")
STREAMS = having(
    asgi_uvicorn=["/endless"],
    fastapi_uvicorn=["/endless", "/endless/sync"],
    django_uvicorn=["/endless/async"],
    wsgi_gunicorn=["/endless", "/big", "/file"],
    flask_gunicorn=["/endless", "/big", "/file"],
    django_gunicorn=["/endless", "/big", "/file"],
)
UPLOADS = having(
    asgi_uvicorn=["/upload"],
    fastapi_uvicorn=["/upload"],
    wsgi_gunicorn=["/upload"],
    flask_gunicorn=["/upload"],
    django_gunicorn=["/upload"],
)
ONE_EACH = (
    "asgi-uvicorn-h11",
    "fastapi-uvicorn-httptools",
    "django-uvicorn-h11",
    "wsgi-gunicorn-sync",
    "flask-gunicorn-gthread",
    "django-gunicorn-gthread",
)
UNSEEN = having(django_uvicorn=["/upload"])


def endings(server, route):
    """How many requests of a route have ended how."""
    return {key: number for key, number in requests(server).items() if key[1] == route}


def assert_left(server, method, route, before):
    """One request more has ended, because its client was gone, and nothing else has come of it."""
    left = (method, route, "499")
    expected = {**before, left: before.get(left, 0) + 1}

    assert expected == settled(lambda: endings(server, route), expected), server.output()[-4000:]
    assert 0 == in_progress(server)
    assert {} == exceptions(server)
    assert 0 == lost(server)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("name", "path"), STREAMS)
def test_a_client_that_leaves_amid_the_answer_counts_as_499(edge, name, path, how):
    """Who goes before the last byte is counted once, as 499, and is not in progress any more."""
    server = edge(name)
    before = endings(server, path)
    leave_amid_answer(server, path, how)

    assert_left(server, "GET", path, before)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("name", "path"), UPLOADS)
def test_a_client_that_leaves_amid_its_request_counts_as_499(edge, name, path, how):
    """Who goes before the whole body of the request is there is counted once, as 499, without blame."""
    server = edge(name)
    before = endings(server, path)
    leave_amid_request(server, path, how)

    assert_left(server, "POST", path, before)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("name", "path"), UNSEEN)
def test_django_sees_no_request_whose_body_does_not_come(edge, name, path, how):
    """Under ASGI Django reads the body before its middleware runs, and a client may go meanwhile."""
    server = edge(name)
    before = endings(server, path)
    leave_amid_request(server, path, how)
    assert (200, b"4") == server.ask(path, "POST", b"1234")[::2]

    answered = ("POST", path, "200")
    expected = {**before, answered: before.get(answered, 0) + 1}
    assert expected == settled(lambda: endings(server, path), expected)
    assert 0 == in_progress(server)


@pytest.mark.parametrize(("name", "path"), having(django_uvicorn=["/hang"]))
def test_a_cancelled_request_counts_as_499(edge, name, path):
    """Django cancels a view whose client has gone, and the request is counted as such."""
    server = edge(name)
    before = endings(server, path)
    with server.connect() as connection:
        connection.sendall(b"GET /hang HTTP/1.1\r\nHost: test\r\n\r\n")
        assert 1 == settled(lambda: in_progress(server), 1)

    assert_left(server, "GET", path, before)


@pytest.mark.parametrize("name", ONE_EACH)
def test_nobody_is_lost_in_a_crowd(edge, name):
    """Where some leave and others stay, all at the same time, each of them is counted once."""
    server = edge(name)
    path = next(path for other, path in STREAMS if other == name)
    before = Counter(requests(server))
    leavers = [threading.Thread(target=leave_amid_answer, args=(server, path, how)) for how in HOW * 10]
    for leaver in leavers:
        leaver.start()
    wrong = fire(server, [Ask("GET", "/", "/", 200)] * 100)
    for leaver in leavers:
        leaver.join()

    expected = before + Counter({("GET", "/", "200"): 100, ("GET", path, "499"): len(leavers)})
    assert [] == wrong
    assert expected == settled(lambda: requests(server), expected), server.output()[-4000:]
    assert 0 == in_progress(server)


@pytest.mark.parametrize("name", ONE_EACH)
def test_what_the_server_refuses_is_not_counted(edge, name):
    """A request that never reaches the application is none of ours."""
    server = edge(name)
    before = requests(server)
    with server.connect() as connection:
        connection.sendall(b"this is no HTTP\r\n\r\n")
        assert b" 400 " in connection.recv(4096)

    assert before == requests(server)
