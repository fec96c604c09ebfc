"""The push gateway: where it is, how it is asked, and the group of metrics that belongs to a job."""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import Mapping
from typing import Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from ..errors import wrong
from ..header_fields import check_header_fields
from ..registry.labels import check_label_names

How = Literal["replace", "add"]

_SAID = 300  # characters of what a gateway says that are repeated
_TYPE = ("Content-Type", CONTENT_TYPE_PLAIN_0_0_4)
# Whoever scrapes the gateway refuses all that is in it where histograms and summaries have two of these.
_RESERVED = ("job", "le", "quantile")
_PLAIN = re.compile(r"(?!\.\.?$)[A-Za-z0-9_.-]+")


class Gateway:
    """The group of `job` and of the labels `grouping` in the gateway at `address`.

    `auth` is a user and a password, `headers` go along with each request. Of TLS `ca_file` says whom to
    trust, and `cert_file` and `key_file` who this is. Raises ValueError for what is wrong, and OSError for
    files that are.
    """

    def __init__(
        self,
        address: str,
        job: str,
        grouping: Mapping[str, str],
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ca_file: str | None = None,
        cert_file: str | None = None,
        key_file: str | None = None,
    ) -> None:
        self.address = _address(address)
        if not _is_text(job) or not job:
            raise wrong("job", job, "the name of a job")
        group = {"job": job, **_grouping(grouping)}
        # Not prometheus_client's, of which older versions have other characters in it than were meant.
        self._url = f"{self.address.rstrip('/')}/metrics" + "".join(
            f"/{_escaped(*one)}" for one in group.items()
        )
        fields = check_header_fields("headers", headers) if headers is not None else {}
        self._headers = dict([_TYPE, *fields.items(), *_authorization(auth)])
        self._context = _context(ca_file, cert_file, key_file)

    def push(self, registry: CollectorRegistry, how: How, timeout: float) -> None:
        """Have the group hold what is in `registry`: nothing else, or else only what is called otherwise.

        Raises OSError where the gateway does not take it.
        """
        self._ask("PUT" if how == "replace" else "POST", generate_latest(registry), timeout)

    def delete(self, timeout: float) -> None:
        """Have no such group; raises OSError."""
        self._ask("DELETE", b"", timeout)

    def _ask(self, method: str, body: bytes, timeout: float) -> None:
        request = Request(self._url, data=body, headers=self._headers, method=method)
        try:
            build_opener(HTTPSHandler(context=self._context), _Staying()).open(
                request, timeout=timeout
            ).close()
        except HTTPError as error:
            with error:
                said = error.read(_SAID).decode("utf-8", "replace").strip()
            raise RefusedError(error.code, said or error.reason) from None


class _Staying(HTTPRedirectHandler):
    """Goes nowhere else: there a push would be a GET, which succeeds, and take the password along."""

    def redirect_request(self, *_: object) -> None:
        return None


class RefusedError(OSError):
    """The gateway has answered otherwise than well, with that status."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"the gateway answered {status}: {said}")
        self.status = status


def _address(value: object) -> str:
    try:
        text = value if isinstance(value, str) and "//" in value else f"http://{value}"
        parts = urlsplit(text)
        is_good = isinstance(value, str) and parts.scheme in ("http", "https") and bool(parts.hostname)
        is_good = is_good and parts.port != 0 and not parts.query and not parts.fragment
    except ValueError:  # a port that is none
        is_good = False
    if not is_good:
        raise wrong("gateway", value, "an address such as http://localhost:9091")
    if parts.username is not None:
        raise ValueError("gateway must be an address without a user and a password: these are auth")
    return text


def _grouping(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(map(_is_text, value.values())):
        raise wrong("grouping", value, "a mapping of label names to values, both strings")
    try:
        check_label_names(value, reserved=_RESERVED)
    except ValueError:
        raise wrong(
            "grouping", value, f"a mapping of label names, none of them {', '.join(_RESERVED)}, to values"
        ) from None
    return dict(value)


def _escaped(label: str, value: str) -> str:
    """A label and its value as parts of a path, in the gateway's form for odd characters if need be."""
    if _PLAIN.fullmatch(value):
        return f"{label}/{value}"
    # Nothing at all would be no part of a path.
    return f"{label}@base64/{base64.urlsafe_b64encode(value.encode()).decode() or '='}"


def _is_text(value: object) -> bool:
    """Whether that is a string that UTF-8 can carry."""
    try:
        return isinstance(value, str) and value.encode() is not None
    except UnicodeEncodeError:
        return False


def _authorization(auth: object) -> list[tuple[str, str]]:
    if auth is None:
        return []
    pair = list(auth) if isinstance(auth, (tuple, list)) else []
    if len(pair) != 2 or not all(map(_is_text, pair)) or ":" in pair[0]:
        raise ValueError("auth must be a user, without ':', and a password")  # which is in no log then
    return [("Authorization", f"Basic {base64.b64encode(':'.join(pair).encode()).decode()}")]


def _context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    if cert_file is None and key_file is not None:
        raise wrong("key_file", key_file, "given together with cert_file")
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise _unread(error, ca_file) from error
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file)
        except OSError as error:
            raise _unread(error, cert_file, key_file) from error
    return context


def _unread(error: OSError, *files: str | None) -> OSError:
    """The same error, which does not tell by itself what could not be read."""
    return type(error)(error.errno, f"{error.strerror}: {' or '.join(repr(one) for one in files if one)}")
