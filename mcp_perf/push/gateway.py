"""The push gateway: where it is, how it is asked, and the group of metrics that belongs to a job."""

from __future__ import annotations

import base64
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPSHandler, Request, build_opener

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import delete_from_gateway, push_to_gateway, pushadd_to_gateway

from ..errors import wrong
from ..registry.labels import check_label_names

How = Literal["replace", "add"]

_SAID = 300  # characters of what a gateway says that are repeated


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
        if not isinstance(job, str) or not _is_path(job):
            raise wrong("job", job, "the name of a job")
        self._job = job
        self._grouping = _grouping(grouping)
        self._headers = [*_pairs(headers), *_authorization(auth)]
        self._context = _context(ca_file, cert_file, key_file)

    def push(self, registry: CollectorRegistry, how: How, timeout: float) -> None:
        """Have the group hold what is in `registry`: nothing else, or else only what is called otherwise.

        Raises OSError where the gateway does not take it.
        """
        do: Any = push_to_gateway if how == "replace" else pushadd_to_gateway
        do(self.address, self._job, registry, self._grouping, timeout, self._handler)

    def delete(self, timeout: float) -> None:
        """Have no such group; raises OSError."""
        delete_from_gateway(self.address, self._job, self._grouping, timeout, self._handler)

    def _handler(
        self, url: str, method: str, timeout: float | None, headers: Sequence[tuple[str, str]], data: bytes
    ) -> Callable[[], None]:
        """What does a request of prometheus_client's, which has no place for headers and TLS of ours."""

        def ask() -> None:
            request = Request(url, data=data, headers=dict([*headers, *self._headers]), method=method)
            try:
                build_opener(HTTPSHandler(context=self._context)).open(request, timeout=timeout).close()
            except HTTPError as error:
                with error:
                    said = error.read(_SAID).decode("utf-8", "replace").strip()
                raise RefusedError(error.code, said or error.reason) from None

        return ask


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
    return text


def _grouping(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(
        isinstance(one, str) and _is_path(one, True) for one in value.values()
    ):
        raise wrong("grouping", value, "a mapping of label names to values, both strings")
    try:
        check_label_names(value, reserved=("job",))
    except ValueError:
        raise wrong("grouping", value, "a mapping of label names, none of them 'job', to values") from None
    return dict(value)


def _is_path(value: str, may_be_empty: bool = False) -> bool:
    """Whether that can be a part of the gateway's path: a surrogate cannot, nor what leads elsewhere."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return value not in (".", "..") and (may_be_empty or bool(value))


def _pairs(headers: object) -> list[tuple[str, str]]:
    if headers is None:
        return []
    if not isinstance(headers, Mapping) or not all(
        isinstance(one, str) for pair in headers.items() for one in pair
    ):
        raise wrong("headers", headers, "a mapping of names to values, both strings")
    return list(headers.items())


def _authorization(auth: object) -> list[tuple[str, str]]:
    if auth is None:
        return []
    is_pair = isinstance(auth, (tuple, list)) and len(auth) == 2 and all(isinstance(one, str) for one in auth)
    if not is_pair or ":" in auth[0]:  # type: ignore[index]
        raise ValueError("auth must be a user, without ':', and a password")
    user, password = auth  # type: ignore[misc]
    return [("Authorization", f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}")]


def _context(ca_file: str | None, cert_file: str | None, key_file: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca_file)
    if cert_file is not None:
        context.load_cert_chain(cert_file, key_file)
    elif key_file is not None:
        raise wrong("key_file", key_file, "given together with cert_file")
    return context
