"""What is asked by dashboards of Grafana, and how it fills in its variables."""

import json
import re

RATE, RANGE = "$__rate_interval", "$__range"
_SELECTED = re.compile(r"label_values\((.*), (\w+)\)")


def dashboards(directory):
    """The dashboards below a directory, by their file's name."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(directory.glob("*.json"))}


def panels(dashboard):
    """The panels of a dashboard that show something, not the headings."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard):
    """All that the panels of a dashboard ask, by panel and reference."""
    return {
        (panel["id"], panel["title"], target["refId"]): target["expr"]
        for panel in panels(dashboard)
        for target in panel["targets"]
    }


def variables(dashboard):
    """The queries of the variables, by name, as PromQL that counts their values."""
    found = {}
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = _SELECTED.fullmatch(variable["query"]).groups()
            found[variable["name"]] = f"count by ({label}) ({selector})"
    return found


def filled(expression, values, window="10s", shown="1m"):
    """An expression with values for variables; the others are all."""
    whole = expression.replace(RATE, window).replace(RANGE, shown)
    return re.sub(r"\$(\w+)", lambda match: values.get(match.group(1), ".*"), whole)
