"""``python -m mcp_perf``: the same as ``mcp-perf``."""

import sys

from .cli import main

sys.exit(main())
