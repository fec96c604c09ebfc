"""Who may read the endpoint: rules of tokens, passwords, networks, callables, and any mix of them."""

from .combinations import all_of, any_of
from .peers import networks
from .request import Request
from .rules import OFF, OPEN, Rule
from .setting import PAGES, access_of, from_environment
from .tokens import bearer
from .users import basic
from .verdict import Verdict

__all__ = [
    "OFF",
    "OPEN",
    "PAGES",
    "Request",
    "Rule",
    "Verdict",
    "access_of",
    "all_of",
    "any_of",
    "basic",
    "bearer",
    "from_environment",
    "networks",
]
