"""Choosing the format for an Accept header, among those whose library is there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache, lru_cache

from ..faults import logger
from .format import Format
from .negotiation import Choice, choices
from .text.text_format import text_format

_PROTOBUF = f"{__package__}.protobuf"


@lru_cache(maxsize=32)  # who scrapes asks alike each time; a header is as long as a server takes it
def choose(accept: str) -> Format:
    """The best format for an Accept header; of those that need a library, one whose library is there."""
    for choice in choices(accept):
        if choice.offer.kind != "protobuf":
            break
        of = _protobuf_format()
        if of is not None:
            return of(choice)
    return text_format(choice)


def finish_imports() -> None:
    """Have what another thread has begun to import be there: in a child nobody would go on with it."""
    if _PROTOBUF in sys.modules:
        _protobuf_format()


@cache
def _protobuf_format() -> Callable[[Choice], Format] | None:
    """What makes the protobuf format; None without the library, or with one that is out of order."""
    try:
        from .protobuf.protobuf_format import ProtobufFormat
    except ImportError:
        return None
    except Exception:
        logger.exception("the protobuf library is no use; scrapes get text instead")
        return None
    return ProtobufFormat.of
