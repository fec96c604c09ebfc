"""Header fields: names and values that are sent along with requests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .errors import wrong

_NAME = re.compile(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+")
# Of RFC 9110, "Field Values".
_TEXT = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_GRPC_NAME = re.compile(r"[0-9A-Za-z_.-]+")
_GRPC_TEXT = re.compile(r"(?:[!-~](?:[ -~]*[!-~])?)?")


def check_header_fields(setting: str, value: object, *, is_grpc: bool = False) -> dict[str, str]:
    """The fields of the mapping `value`; ValueError for what cannot be sent by HTTP, or by gRPC.

    It does not tell a value that is wrong, which may be a password: that belongs in no log.
    """
    if not isinstance(value, Mapping):
        raise ValueError(f"{setting} must be a mapping of names to values, not a {type(value).__name__}")
    name_of, text_of = (_GRPC_NAME, _GRPC_TEXT) if is_grpc else (_NAME, _TEXT)
    characters = "ASCII" if is_grpc else "ISO 8859-1"
    for name, text in value.items():
        if not isinstance(name, str) or not name_of.fullmatch(name):
            raise wrong(setting, name, "named by ASCII letters, digits and marks such as '-'")
        if not isinstance(text, str) or not text_of.fullmatch(text):
            raise ValueError(
                f"{setting}[{name!r}] must be {characters} text on one line, with no space around it"
            )
    return dict(value)
