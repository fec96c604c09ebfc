"""The shop: a WSGI application with its own routes, as a user would write it."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from werkzeug.exceptions import BadRequest, Conflict, HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request, Response

from mcp_perf import monitor_call

from .checkout import Checkout, OutOfStockError, PaymentDeclinedError
from .pages import ORDERS, front_page
from .store import Line, Row, Store

Environ = dict[str, Any]

_ROUTE = "shop.route"
_EXPORTED = 1000


class DeliberateError(Exception):
    """What ``/fail`` is for."""


def route(environ: Environ) -> str | None:
    """The template of the route that has matched, for mcp_perf."""
    return environ.get(_ROUTE)


class Shop:
    """The application."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._checkout = Checkout(store)
        self._routes = Map(
            [
                Rule("/", endpoint=self.front, methods=["GET"]),
                Rule("/products", endpoint=self.products, methods=["GET"]),
                Rule("/products/<int:product_id>", endpoint=self.product, methods=["GET"]),
                Rule("/search", endpoint=self.search, methods=["GET"]),
                Rule("/export", endpoint=self.export, methods=["GET"]),
                Rule("/fail", endpoint=self.fail, methods=["GET"]),
                Rule(ORDERS, endpoint=self.order, methods=["POST"]),
            ]
        )

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a request."""
        request = Request(environ)
        adapter = self._routes.bind_to_environ(environ)
        try:
            rule, arguments = _match(adapter, environ)
            response = rule.endpoint(request, **arguments)
        except HTTPException as error:
            response = error
        answer: Iterable[bytes] = response(environ, start_response)
        return answer

    def front(self, _request: Request) -> Response:
        """Links to all pages."""
        return Response(front_page(), mimetype="text/html")

    def products(self, _request: Request) -> Response:
        """All products."""
        return _json(self._store.products())

    def product(self, _request: Request, product_id: int) -> Response:
        """One product."""
        return _json(self._known(product_id))

    def search(self, request: Request) -> Response:
        """Products by name, slowly."""
        found = self._store.find(request.args.get("q", ""))
        with monitor_call("rank_results"):
            time.sleep(random.triangular(0.05, 0.4, 0.1))
        return _json(sorted(found, key=lambda product: int(product["price"])))

    def export(self, _request: Request) -> Response:
        """The latest order lines, as a stream."""
        return Response(self._csv(), mimetype="text/csv")

    def fail(self, _request: Request) -> Response:
        """Nothing that could be answered."""
        raise DeliberateError("this page always fails")

    def order(self, request: Request) -> Response:
        """Take an order: ``product_id`` and ``quantity``, several times for several lines."""
        lines = _lines(request)
        for line in lines:
            self._known(line.product_id)
        try:
            number = self._checkout.order(lines)
        except OutOfStockError:
            raise Conflict("There is not enough of that; more has been ordered.") from None
        except PaymentDeclinedError:
            return _json({"error": "The bank has declined the payment."}, 402)
        return _json({"order": number, "lines": [line._asdict() for line in lines]}, 201)

    def _known(self, product_id: int) -> Row:
        # SQLite's integers have 64 bits; no product has a number beyond them.
        product = self._store.product(product_id) if product_id < 2**63 else None
        if product is None:
            raise NotFound(f"There is no product {product_id}.")
        return product

    def _csv(self) -> Iterator[str]:
        yield "order,product,quantity,price\n"
        for rows in self._store.order_lines(_EXPORTED):
            time.sleep(0.002)
            yield "".join(",".join(map(str, row.values())) + "\n" for row in rows)


def _match(adapter: MapAdapter, environ: Environ) -> tuple[Rule, Any]:
    """The route of a request, which `route` knows from then on, also where the method is wrong."""
    try:
        rule, arguments = adapter.match(return_rule=True)
    except MethodNotAllowed as error:
        rule, _ = adapter.match(method=next(iter(error.valid_methods or ())), return_rule=True)
        environ[_ROUTE] = rule.rule
        raise
    environ[_ROUTE] = rule.rule
    return rule, arguments


def _lines(request: Request) -> list[Line]:
    products = request.form.getlist("product_id", int)
    quantities = request.form.getlist("quantity", int) or [1] * len(products)
    if not products or len(products) != len(quantities) or not all(0 < one < 100 for one in quantities):
        raise BadRequest("An order is made of product_id=… and quantity=…, from 1 to 99.")
    return [Line(*line) for line in zip(products, quantities, strict=True)]


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value, indent=1) + "\n", status, mimetype="application/json")
