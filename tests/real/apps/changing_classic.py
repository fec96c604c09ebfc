"""The application of ``changing.py`` where the extra ``protobuf`` is not installed: no native histograms."""

import sys

sys.modules["google.protobuf"] = None

from changing import app  # noqa: E402, F401
