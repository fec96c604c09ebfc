"""The shop's store: SQLite in a temporary file, every statement measured."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any, NamedTuple

from mcp_perf import monitor_db_operation

from .connections import Connections
from .goods import GOODS

_SCHEMA = """
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    price INTEGER NOT NULL,
    stock INTEGER NOT NULL CHECK (stock >= 0)
);
CREATE TABLE orders (id INTEGER PRIMARY KEY, state TEXT NOT NULL);
CREATE TABLE order_lines (
    order_id INTEGER NOT NULL REFERENCES orders,
    product_id INTEGER NOT NULL REFERENCES products,
    quantity INTEGER NOT NULL,
    price INTEGER NOT NULL
);
"""
_OLD_ORDERS = 300
_CHUNK = 20

Row = dict[str, Any]


class Line(NamedTuple):
    """So many of one product."""

    product_id: int
    quantity: int


class Store:
    """Products, orders and their lines."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        with connections.one() as connection:
            connection.executescript(_SCHEMA)
            connection.executemany("INSERT INTO products (name, price, stock) VALUES (?, ?, ?)", GOODS)
            connection.executemany(
                "INSERT INTO orders (state) VALUES (?)", [("shipped",) for _ in range(_OLD_ORDERS)]
            )
            connection.execute(
                "INSERT INTO order_lines SELECT orders.id, products.id, 1, price FROM orders, products"
                " WHERE (orders.id + products.id) % 24 = 0"
            )

    @monitor_db_operation("select", "products")
    def products(self) -> list[Row]:
        """All of them."""
        return self._rows("SELECT * FROM products ORDER BY name")

    @monitor_db_operation("select_one", "products")
    def product(self, product_id: int) -> Row | None:
        """One of them."""
        return next(iter(self._rows("SELECT * FROM products WHERE id = ?", product_id)), None)

    @monitor_db_operation("search", "products")
    def find(self, words: str) -> list[Row]:
        """Those whose name has `words`."""
        return self._rows("SELECT * FROM products WHERE instr(name, ?)", words)

    @monitor_db_operation("update", "products")
    def move_stock(self, lines: Iterable[Line]) -> None:
        """Add to the stock, or take out of it: all of it, or sqlite3.IntegrityError where it is too small."""
        changes = [(line.quantity, line.product_id) for line in lines]
        with self._connections.one() as connection:
            connection.executemany("UPDATE products SET stock = stock + ? WHERE id = ?", changes)

    def add_order(self, lines: Iterable[Line]) -> int:
        """Enter an order; gives its number."""
        with self._connections.one() as connection:
            with monitor_db_operation("insert", "orders"):
                number = connection.execute("INSERT INTO orders (state) VALUES ('open')").lastrowid
            with monitor_db_operation("insert", "order_lines"):
                connection.executemany(
                    "INSERT INTO order_lines SELECT ?, id, ?, price FROM products WHERE id = ?",
                    [(number, line.quantity, line.product_id) for line in lines],
                )
        assert number is not None  # a row was inserted
        return number

    @monitor_db_operation("update", "orders")
    def set_state(self, order: int, state: str) -> None:
        """Note how far an order has come."""
        with self._connections.one() as connection:
            connection.execute("UPDATE orders SET state = ? WHERE id = ?", (state, order))

    @monitor_db_operation("select", "order_lines")
    def order_lines(self, limit: int) -> Iterator[list[Row]]:
        """The latest lines of orders, some at a time."""
        with self._connections.one() as connection:
            cursor = connection.execute(
                "SELECT order_id, name, quantity, order_lines.price"
                " FROM order_lines JOIN products ON products.id = product_id"
                " ORDER BY order_lines.rowid DESC LIMIT ?",
                (limit,),
            )
            # Given up half-way it would keep the connection at what the database was then.
            with closing(cursor):
                while rows := cursor.fetchmany(_CHUNK):
                    yield [dict(row) for row in rows]

    def _rows(self, statement: str, *values: Any) -> list[Row]:
        with self._connections.one() as connection:
            return [dict(row) for row in connection.execute(statement, values)]
