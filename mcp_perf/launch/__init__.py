"""``mcp-perf run``: a server with several workers, started with a directory that they share."""
