"""Services whose metrics are for who knows a secret: the secrets, and what is counted there."""

import base64

from support.servers import APPS, gunicorn, uvicorn

NAME = "scraper"
PASSWORD = "pässword:of-the-scraper"
TOKEN = "token-of-the-scraper"
NEXT = "next-token-of-the-scraper"
WRONG = "secret-of-a-stranger"
SECRETS = [
    *(PASSWORD, TOKEN, NEXT, WRONG),
    *(base64.b64encode(f"{NAME}:{password}".encode()).decode() for password in (PASSWORD, WRONG)),
]

ORDERS = {"paper": 3.0, 'a "quoted" \\ näme': 0.1 + 0.2, "all": 2.0**53 - 1, "": 1e-300}
# The bounds are those of native buckets too, and some observations equal them.
BOUNDS = [0.25, 0.5, 1.0, 2.0, 4.0]
TOOK = [number / 8 for number in range(1, 41)]

COMMANDS = {
    "uvicorn": uvicorn("secured:asgi", "--access-log", "--log-level", "debug", directory=APPS),
    "gunicorn": gunicorn("secured:wsgi", "--access-logfile", "-", "--log-level", "debug", directory=APPS),
}


def count(monitor):
    """Count the orders and the durations."""
    orders = monitor.counter("orders", 'Orders: a \\ and a "quote".', ["kind"])
    for kind, number in ORDERS.items():
        orders.labels(kind).inc(number)
    took = monitor.histogram("took_seconds", "Durations.", buckets=BOUNDS)
    for duration in TOOK:
        took.observe(duration)
    monitor.gauge("level", "Level.").set(-2.5)


def buckets():
    """The cumulative classic buckets of the durations, by bound."""
    return {bound: sum(took <= bound for took in TOOK) for bound in [*BOUNDS, float("inf")]}
