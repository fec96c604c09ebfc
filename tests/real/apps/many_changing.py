"""As `many`, of a file that a test changes."""

import changing  # noqa: F401
from many import asgi

__all__ = ["asgi"]
