"""Tokens and certificates that change while a real Prometheus scrapes a port of its own over TLS."""

import time

import pytest
import trustme
from support import programs, secured
from support.prometheus import job, scraping
from support.secured import NEXT, TOKEN, WRONG
from support.secured_port import secured_port
from support.servers import settled

pytestmark = pytest.mark.real

APP = "port"


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The server and its files."""
    with secured_port(tmp_path_factory.mktemp("port")) as found:
        yield found


@pytest.fixture(scope="module")
def prometheus(port, tmp_path_factory):
    """A Prometheus that scrapes the server."""
    program = programs.need("prometheus")
    server, files = port
    jobs = [job(APP, server, **files.scrape())]
    with scraping(program, {}, tmp_path_factory.mktemp("prometheus"), jobs=jobs) as found:
        yield found


@pytest.fixture
def files(prometheus, port):
    """The files, with one token and one certificate, which Prometheus has used."""
    _, found = port
    found.use(TOKEN)
    found.allow(TOKEN)
    found.certify()
    go_on(prometheus)
    return found


def go_on(prometheus):
    """Prometheus scrapes the server, with success, from now on."""
    prometheus.await_scrape([APP], time.time())


def refused(prometheus):
    """How many requests have come without a token, as the last scrape tells."""
    return prometheus.by("refused_total")[()]


def complaint(prometheus, part):
    """What Prometheus says against the server, as soon as `part` is in it."""
    settled(lambda: part in prometheus.errors().get(APP, ""), True)
    return prometheus.errors().get(APP, "")


def test_a_token_is_changed(prometheus, files):
    """Both tokens are allowed, the scraper changes, the old one is taken away: no request is refused."""
    before = refused(prometheus)
    for allowed, used in (([NEXT, TOKEN], TOKEN), ([NEXT, TOKEN], NEXT), ([NEXT], NEXT)):
        files.allow(*allowed)
        files.use(used)
        go_on(prometheus)

    assert before == refused(prometheus)


def test_a_token_is_taken_away(prometheus, files):
    """Who has a token that is not in the file any more gets 401, until it has one that is."""
    before = refused(prometheus)
    files.allow(NEXT)
    assert "server returned HTTP status 401 Unauthorized" == complaint(prometheus, "401")
    files.use(NEXT)
    go_on(prometheus)

    assert before < refused(prometheus)


def test_a_file_that_is_wrong(prometheus, files, port):
    """A file of tokens with a wrong line takes no token away; the log says it once, not at each request."""
    wrong = "before: line 2 has something else than visible ASCII characters without spaces"
    before = port[0].output().count(wrong)
    files.allow(NEXT, f"{WRONG} {WRONG}")
    for _ in range(2):
        go_on(prometheus)

    assert before + 1 == port[0].output().count(wrong)


def test_a_certificate_is_renewed(prometheus, files):
    """Certificates are read again too: a stranger's is not trusted, a new one of the authority's is."""
    files.certify(trustme.CA())
    assert "x509" in complaint(prometheus, "x509")
    files.certify()
    go_on(prometheus)


def test_no_secret_is_told(prometheus, files, port):
    """Whatever has changed, no token is in what the service has printed."""
    files.allow(NEXT, f"{WRONG} {WRONG}")
    go_on(prometheus)

    assert [] == [secret for secret in secured.SECRETS if secret in port[0].output()]
