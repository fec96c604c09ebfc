"""Servers on free ports of the loopback interface, all closed at the end, and certificates."""

import contextlib

import pytest
import trustme

from mcp_perf.serving import serve


@pytest.fixture
def serving(monitor):
    """``serving(**settings)`` serves the monitor on a free port, to the end of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda port=0, **settings: stack.enter_context(serve(monitor, port=port, **settings))


@pytest.fixture
def server(serving):
    """A server with no settings but a free port."""
    return serving()


class Authority:
    """A certificate authority in files, and what it has signed."""

    def __init__(self, directory):
        self.ca = trustme.CA()
        self._directory = directory
        self.file = str(directory / "ca.pem")
        self.ca.cert_pem.write_to_path(self.file)

    def issue(self, name):
        """The files with a certificate for that name, and with its key."""
        certificate = self.ca.issue_cert(name)
        files = [str(self._directory / f"{name}.{kind}") for kind in ("crt", "key")]
        certificate.cert_chain_pems[0].write_to_path(files[0])
        certificate.private_key_pem.write_to_path(files[1])
        return files


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """An authority that this test run trusts."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def identity(authority):
    """The settings of a server that is 127.0.0.1 for those who trust the authority."""
    certfile, keyfile = authority.issue("127.0.0.1")
    return {"certfile": certfile, "keyfile": keyfile}
