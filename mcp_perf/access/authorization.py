"""The Authorization header."""

from __future__ import annotations


def credentials(value: str, scheme: str) -> str | None:
    """What `value` has after `scheme`, None where it is of another scheme or none."""
    name, _, rest = value.strip(" \t").partition(" ")
    return rest.lstrip(" ") if name.lower() == scheme else None
