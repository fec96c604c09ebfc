"""TLS by certificate files, which are read again when they change."""

from __future__ import annotations

import logging
import os
import ssl

from ..errors import wrong

logger = logging.getLogger("mcp_perf")

_CERTIFICATE = "a file with a certificate, in PEM format"
_KEY = "a file with the certificate's private key, in PEM format without a password"


class Certificates:
    """Who the server is, and whom it takes for a client; ValueError for files that cannot say it."""

    def __init__(self, certfile: object, keyfile: object, client_ca: object) -> None:
        self._files = {"certfile": certfile, "keyfile": keyfile, "client_ca": client_ca}
        for setting, file in self._files.items():
            if file is not None and not isinstance(file, (str, os.PathLike)):
                raise wrong(setting, file, "the path of a file")
        self._stamp = self._stamped()
        self._context = self._loaded()

    def context(self) -> ssl.SSLContext:
        """That of the files as they are, or as they were when they were right."""
        stamp = self._stamped()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._context = self._loaded()
            except ValueError as error:
                logger.warning("mcp_perf goes on with the certificate that it had: %s", error)
        return self._context

    def _stamped(self) -> list[object]:
        return [_stamp(file) for file in self._files.values() if file is not None]

    def _loaded(self) -> ssl.SSLContext:
        certfile, keyfile, client_ca = self._files.values()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION
        _check("certfile", certfile)
        if keyfile is not None:
            _readable("keyfile", keyfile, _KEY)
        try:
            context.load_cert_chain(certfile, keyfile, password=_no_password)  # type: ignore[arg-type]
        except (OSError, ValueError) as error:
            setting = "certfile" if keyfile is None else "keyfile"
            raise _refusal(setting, self._files[setting], _KEY, error) from None
        if client_ca is not None:
            _check("client_ca", client_ca, context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


def certificates_of(certfile: object, keyfile: object, client_ca: object) -> Certificates | None:
    """The certificates that these settings name, None where they name none."""
    if certfile is not None:
        return Certificates(certfile, keyfile, client_ca)
    for setting, file in (("keyfile", keyfile), ("client_ca", client_ca)):
        if file is not None:
            raise ValueError(f"{setting} must come with a certfile, not alone as {file!r}")
    return None


def _check(setting: str, file: object, context: ssl.SSLContext | None = None) -> None:
    """See that there are certificates in a file; those that `context` trusts, if it is given."""
    _readable(setting, file, _CERTIFICATE)
    try:
        (context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)).load_verify_locations(file)  # type: ignore[arg-type]
    except (OSError, ValueError) as error:
        raise _refusal(setting, file, _CERTIFICATE, error) from None


def _readable(setting: str, file: object, allowed: str) -> None:
    try:
        with open(file, "rb") as opened:  # type: ignore[call-overload]
            opened.read(1)
    except (OSError, ValueError) as error:
        raise _refusal(setting, file, allowed, error) from None


def _refusal(setting: str, file: object, allowed: str, error: Exception) -> ValueError:
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
    return ValueError(f"{wrong(setting, str(file), allowed)} ({str(reason).lower().replace('_', ' ')})")


def _no_password() -> str:
    # OpenSSL would ask for it on the terminal, and the process wait there.
    raise ValueError("it has a password")


def _stamp(file: object) -> object:
    try:
        found = os.stat(file)  # type: ignore[arg-type]
    except (OSError, ValueError):
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
