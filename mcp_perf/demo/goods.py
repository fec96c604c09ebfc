"""What the shop sells."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple


class Good(NamedTuple):
    """A kind of thing: its name, its price in cents and how many there are at first."""

    name: str
    price: int
    stock: int


_KINDS = ("tea", "coffee", "mug", "kettle", "honey", "biscuits", "teapot", "spoon")
_SORTS = ("plain", "green", "smoky", "golden", "small", "large")

GOODS = tuple(
    Good(f"{sort} {kind}", 250 + 170 * number % 4700, 1 + 7 * number % 40)
    for number, (kind, sort) in enumerate(product(_KINDS, _SORTS))
)
