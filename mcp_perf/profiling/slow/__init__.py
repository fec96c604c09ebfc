"""Slow requests: the newest ones that took too long, with the stacks at which their time went."""

from .requests import SlowRequest
from .slow_requests import SlowRequests

__all__ = ["SlowRequest", "SlowRequests"]
