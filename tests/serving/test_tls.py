"""TLS by certificate files."""

from __future__ import annotations

import shutil
import ssl
import subprocess
import warnings
from pathlib import Path

import pytest
import trustme
from support.plain_http import connect, get, rest

from mcp_perf.serving import limits, serve


def trusting(authority, client=None):
    context = ssl.create_default_context(cafile=authority.file)
    if client is not None:
        context.load_cert_chain(*client)
    return context


def test_tls(serving, identity, authority) -> None:
    """With a certificate the metrics are served over TLS."""
    server = serving(**identity)

    assert 200 == get(server, tls=trusting(authority)).status
    assert f"https://127.0.0.1:{server.port}/metrics" == server.url


def test_key_and_certificate_in_one_file(serving, identity, authority, tmp_path) -> None:
    """The key may be in the certificate's file."""
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join(Path(identity[name]).read_bytes() for name in ("keyfile", "certfile")))

    assert 200 == get(serving(certfile=both), tls=trusting(authority)).status


def test_a_long_answer(serving, identity, authority, monitor) -> None:
    """A long answer comes whole."""
    gauge = monitor.gauge("level", "Level.", ["kind"])
    for number in range(1000):
        gauge.labels("x" * 200 + str(number)).set(number)

    assert 200_000 < len(get(serving(**identity), tls=trusting(authority)).body)


def test_old_versions(serving, identity, authority) -> None:
    """Below TLS 1.2 there is no connection."""
    context = trusting(authority)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")

    with pytest.raises(ssl.SSLError):
        get(serving(**identity), tls=context)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions(serving, identity, authority, version) -> None:
    """TLS 1.2 and 1.3 are spoken."""
    context = trusting(authority)
    context.minimum_version = context.maximum_version = version

    assert 200 == get(serving(**identity), tls=context).status


def test_a_client_that_says_nothing_keeps_nobody(serving, identity, authority) -> None:
    """A client that never shakes hands has a thread to itself: all others are served meanwhile."""
    server = serving(**identity)
    with connect(server), connect(server) as half:
        half.sendall(b"\x16\x03\x01")
        assert 200 == get(server, tls=trusting(authority)).status


def test_a_client_that_says_nothing_is_cut_off(serving, identity, monkeypatch) -> None:
    """And it is cut off in the end."""
    monkeypatch.setattr(limits, "ASKING_SECONDS", 0.3)
    with connect(serving(**identity)) as connection:
        assert b"" == rest(connection)


@pytest.mark.parametrize("text", [b"GET /metrics HTTP/1.1\r\n\r\n", b"\x00" * 1000])
def test_a_client_without_tls(serving, identity, authority, text, caplog) -> None:
    """Who speaks no TLS gets nothing, and nothing is said of it."""
    server = serving(**identity)
    with connect(server) as connection:
        connection.sendall(text)
        assert b"200" not in rest(connection)

    assert 200 == get(server, tls=trusting(authority)).status
    assert [] == caplog.messages


class TestClients:
    """With `client_ca` clients need a certificate."""

    @pytest.fixture
    def server(self, serving, identity, authority):
        return serving(**identity, client_ca=authority.file)

    def test_a_known_client(self, server, authority) -> None:
        """A client whose certificate is signed is served."""
        assert 200 == get(server, tls=trusting(authority, authority.issue("client"))).status

    def test_no_certificate(self, server, authority) -> None:
        """A client without one is not."""
        with pytest.raises((ssl.SSLError, ConnectionError)):
            get(server, tls=trusting(authority))

    def test_a_certificate_of_somebody_else(self, server, authority, tmp_path) -> None:
        """A client whose certificate somebody else has signed is not."""
        certificate = trustme.CA().issue_cert("client")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client"))
        with pytest.raises((ssl.SSLError, ConnectionError)):
            get(server, tls=trusting(authority, [tmp_path / "client"]))


class TestRenewal:
    """Certificates are renewed while the server runs."""

    @pytest.fixture
    def files(self, identity, tmp_path):
        return {name: shutil.copy(file, tmp_path / name) for name, file in identity.items()}

    @staticmethod
    def serial(server, authority):
        context = trusting(authority)
        with (
            connect(server) as connection,
            context.wrap_socket(connection, server_hostname="127.0.0.1") as tls,
        ):
            return tls.getpeercert()["serialNumber"]

    def test_a_new_one(self, serving, files, authority) -> None:
        """A new certificate is used from the next connection on."""
        server = serving(**files)
        before = self.serial(server, authority)
        for new, old in zip(authority.issue("127.0.0.1"), files.values(), strict=True):
            shutil.copy(new, old)

        assert before != self.serial(server, authority)

    def test_a_wrong_one(self, serving, files, authority, caplog) -> None:
        """With a wrong one the server goes on with that before, and says so once."""
        server = serving(**files)
        before = self.serial(server, authority)
        open(files["certfile"], "w").close()

        assert [before] * 2 == [self.serial(server, authority) for _ in range(2)]
        [message] = caplog.messages
        assert message.startswith(
            "mcp_perf goes on with the certificate that it had: certfile must be a file"
        )


class TestWrongFiles:
    """A wrong file is an error at the call, which names it."""

    @pytest.fixture(scope="class")
    def wrong(self, identity, tmp_path_factory):
        """Files that will not do, by what is wrong with them."""
        directory = tmp_path_factory.mktemp("wrong")
        files = {
            name: directory / name for name in ("missing", "empty", "text", "locked", "another", "directory")
        }
        files["empty"].touch()
        files["text"].write_text("hello")
        trustme.CA().issue_cert("x").private_key_pem.write_to_path(str(files["another"]))
        files["directory"].mkdir()
        return {"null": "/null\0", **{name: str(file) for name, file in files.items()}}

    @pytest.mark.parametrize("setting", ["certfile", "keyfile", "client_ca"])
    @pytest.mark.parametrize(
        ("kind", "reason"),
        [
            ("missing", "no such file or directory"),
            ("directory", "is a directory"),
            ("empty", ".+"),
            ("text", ".+"),
            ("null", "embedded null byte"),
        ],
    )
    def test_files(self, monitor, identity, wrong, setting, kind, reason) -> None:
        """It is missing, empty, no certificate or no key."""
        settings = {**identity, setting: wrong[kind]}
        with pytest.raises(
            ValueError, match=rf"^{setting} must be a file with .*, not '/.*{kind}.*' \({reason}\)$"
        ):
            serve(monitor, port=0, **settings)

    def test_a_key_of_another_certificate(self, monitor, identity, wrong) -> None:
        """The key does not belong to the certificate."""
        with pytest.raises(ValueError, match=r"^keyfile must be .*another' \(key values mismatch\)$"):
            serve(monitor, port=0, certfile=identity["certfile"], keyfile=wrong["another"])

    def test_no_key(self, monitor, identity) -> None:
        """There is no key at all."""
        with pytest.raises(ValueError, match=r"^certfile must be .*private key.*, not '.*127\.0\.0\.1\.crt'"):
            serve(monitor, port=0, certfile=identity["certfile"])

    def test_a_key_with_a_password(self, monitor, identity, wrong, need) -> None:
        """Nobody is asked for a password."""
        subprocess.run(
            [
                *(need("openssl"), "pkey", "-in", identity["keyfile"], "-out", wrong["locked"]),
                *("-aes128", "-passout", "pass:secret"),
            ],
            check=True,
        )
        with pytest.raises(
            ValueError, match=r"^keyfile must be .*without a password, .* \(it has a password\)$"
        ):
            serve(monitor, port=0, certfile=identity["certfile"], keyfile=wrong["locked"])

    @pytest.mark.parametrize("setting", ["keyfile", "client_ca"])
    def test_without_a_certificate(self, monitor, setting) -> None:
        """The settings that belong to a certificate are none without it."""
        with pytest.raises(ValueError, match=rf"^{setting} must come with a certfile, not alone as 'x'$"):
            serve(monitor, port=0, **{setting: "x"})

    @pytest.mark.parametrize("setting", ["certfile", "keyfile", "client_ca"])
    @pytest.mark.parametrize("value", [5, True, b"x", ["a"]], ids=repr)
    def test_no_path(self, monitor, identity, setting, value) -> None:
        """It is no path."""
        with pytest.raises(ValueError, match=rf"^{setting} must be the path of a file, not "):
            serve(monitor, port=0, **{**identity, setting: value})
