"""``mcp-perf rules``: recording and alert rules for Prometheus, and what speaks its language."""
