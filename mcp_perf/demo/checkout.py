"""The workflow of an order: reserve, charge, ship."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from itertools import count

from mcp_perf import monitor_call, monitor_workflow_step

from .store import Line, Store

_DECLINED = 7  # the bank declines every payment of this number
_DELIVERY = 60


class OutOfStockError(Exception):
    """There is less of a product than was ordered."""


class PaymentDeclinedError(Exception):
    """The bank does not pay."""


class Checkout:
    """Takes orders through their steps; several at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._payments = count(1)

    def order(self, lines: Sequence[Line]) -> int:
        """All steps of one order; gives its number.

        OutOfStockError or PaymentDeclinedError if it ends early.
        """
        number = self.reserve(lines)
        try:
            self.charge(number)
        except PaymentDeclinedError:
            self._store.move_stock(lines)
            raise
        with monitor_workflow_step("checkout", "ship"):
            time.sleep(random.uniform(0.005, 0.03))
            self._store.set_state(number, "shipped")
        return number

    @monitor_workflow_step("checkout", "reserve")
    def reserve(self, lines: Sequence[Line]) -> int:
        """Put the goods aside."""
        try:
            self._store.move_stock([Line(line.product_id, -line.quantity) for line in lines])
        except sqlite3.IntegrityError:
            self.restock(lines)
            raise OutOfStockError from None
        return self._store.add_order(lines)

    @monitor_workflow_step("checkout", "charge")
    def charge(self, number: int) -> None:
        """Have the bank pay, which takes its time and declines some payments."""
        time.sleep(random.uniform(0.03, 0.2))
        if next(self._payments) % _DECLINED == 0:
            self._store.set_state(number, "declined")
            raise PaymentDeclinedError
        self._store.set_state(number, "paid")

    @monitor_call("restock")
    def restock(self, lines: Sequence[Line]) -> None:
        """Have more delivered of what was ordered."""
        self._store.move_stock([Line(line.product_id, _DELIVERY) for line in lines])
