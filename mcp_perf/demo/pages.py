"""The shop's pages, as they are told to people: in the terminal and on the front page."""

from __future__ import annotations

from html import escape
from typing import NamedTuple


class Page(NamedTuple):
    """A page that can be opened in a browser, and a word about it."""

    path: str
    words: str


SHOP = (
    Page("/", "the front page, links to all others"),
    Page("/products", "all products, fast"),
    Page("/products/1", "one product, fast"),
    Page("/search?q=tea", "a search, slow: 50 to 400 ms"),
    Page("/export", "a CSV file, streamed in many chunks"),
    Page("/fail", "an unhandled exception: 500"),
    Page("/no/such/page", "unknown: 404, route <unmatched>"),
)
METRICS = (
    Page("/metrics", "all metrics, for Prometheus"),
    Page("/metrics/dashboard", "a page to look at"),
    Page("/metrics/summary", "the same as JSON, with percentiles"),
)
# What takes an order; no page to open, but a form and a command line to copy.
ORDERS = "/orders"

_FRONT = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The mcp_perf demo shop</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; }}
td {{ padding: .1rem 1.5rem .1rem 0; }}
button, input {{ font: inherit; }}
</style>
</head>
<body>
<h1>The mcp_perf demo shop</h1>
<p>A small shop on SQLite with customers of its own. Whatever they do, and whatever you do, is measured.</p>
<h2>What is measured</h2>
<table>{metrics}</table>
<h2>The shop</h2>
<table>{shop}</table>
<form method="post" action="{orders}">
<p>Order <input name="quantity" type="number" value="1" min="1" max="9"> of product
<input name="product_id" type="number" value="1" min="1">
<button>Order</button> and see the steps of the checkout in the metrics. The bank declines every seventh
payment.</p>
</form>
</body>
</html>
"""


def front_page() -> str:
    """The front page, in HTML."""
    return _FRONT.format(metrics=_rows(METRICS), shop=_rows(SHOP[1:]), orders=ORDERS)


def _rows(pages: tuple[Page, ...]) -> str:
    return "".join(
        f'<tr><td><a href="{escape(path)}">{escape(path)}</a></td><td>{escape(words)}</td></tr>'
        for path, words in pages
    )
