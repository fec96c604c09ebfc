"""``mcp-perf report``: what a range of time was like, and what got slower since another one."""
