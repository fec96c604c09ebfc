"""A process that serves metrics over TLS on a port of its own, for who has a token; and one who has it."""

import contextlib
import os

import trustme

from support.secured import TOKEN
from support.servers import APPS, HOST, Command, running


class Files:
    """The files that the service and its scraper read again when they change."""

    def __init__(self, directory):
        self._directory = directory
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(self.path("ca"))
        self.certify(self._authority)
        self.allow(TOKEN)
        self.use(TOKEN)

    def path(self, name):
        return str(self._directory / name)

    def allow(self, *tokens):
        """The tokens that the service takes from now on."""
        self._replace("tokens", "\n".join(tokens) + "\n")

    def use(self, token):
        """The token that the scraper sends from now on."""
        self._replace("token", token)

    def certify(self, authority=None):
        """Give the service another certificate, of somebody whom the scraper trusts unless it is told."""
        certificate = (authority or self._authority).issue_cert(HOST)
        pem = certificate.private_key_pem.bytes() + certificate.cert_chain_pems[0].bytes()
        self._replace("pem", pem.decode())

    def scrape(self):
        """The settings of a scrape that is to be answered."""
        return {
            "scheme": "https",
            "tls_config": {"ca_file": self.path("ca")},
            "authorization": {"credentials_file": self.path("token")},
        }

    def _replace(self, name, text):
        """In one step, so that nobody reads half of it."""
        new = self._directory / f"{name}.new"
        new.write_text(text)
        os.replace(new, self._directory / name)


@contextlib.contextmanager
def secured_port(directory):
    """The `Server` of such a process and its `Files`."""
    files = Files(directory)
    names = [files.path(name) for name in ("pem", "pem", "tokens")]
    with running(Command(("secured_port.py", "{port}", *names), APPS)) as server:
        yield server, files
