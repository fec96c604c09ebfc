"""``mcp-perf dashboards``: dashboards for Grafana, made of what a service measures."""
