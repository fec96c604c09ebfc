"""``mcp-perf top``: what a service does, live in the terminal."""
