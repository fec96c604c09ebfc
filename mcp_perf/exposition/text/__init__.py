"""The text formats, as prometheus_client writes them, with ready lines of each series."""
