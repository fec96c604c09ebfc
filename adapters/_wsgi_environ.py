"""The environment of a WSGI request: what its variables are called, and how they carry text."""

from __future__ import annotations


def variable_of(header: str) -> str:
    """The variable of an environment that has the value of a header."""
    name = header.upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else "HTTP_" + name


def carried(text: str) -> str:
    """What a variable says: it carries as latin-1 the UTF-8 that it is (PEP 3333)."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "replace")
