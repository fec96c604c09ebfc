"""What an adapter's test class provides for the contract."""

from typing import ClassVar

import pytest

from support.shop import PATHS, TEMPLATES, UNMATCHED, Answer, Shop


class AdapterHooks:
    """The hooks, and the fixtures that are made from them."""

    # Whether an exception that no handler catches reaches the server (else the framework answers 500).
    LETS_THROUGH = True
    # Whether the framework has routes; without, every label `route` is `<unmatched>`.
    ROUTED = True
    # Templates that the framework writes differently from `support.shop.TEMPLATES`, by name.
    OWN_TEMPLATES: ClassVar[dict[str, str]] = {}

    def make(self, shop: Shop, monitor, **settings):
        """The shop's application, measured by `monitor` (with HTTP settings) and without a metrics app."""
        raise NotImplementedError

    def bare(self, shop: Shop):
        """The same application without us."""
        raise NotImplementedError

    def serve(self, shop: Shop, monitor, path="/metrics"):
        """The same application, measured, with the metrics app at `path`."""
        raise NotImplementedError

    def stack(self, shop: Shop, monitor):
        """The same application with the middleware of one monitor in its stack twice."""
        raise NotImplementedError

    def request(self, app, method, path, *, body=b"", headers=None, leave_after=None) -> Answer:
        """Send one request and read the answer to its end; `path` may have a query.

        With `leave_after` the client goes away when it has got that many parts of the body. An exception
        that reaches the server is given in the answer, not raised.
        """
        raise NotImplementedError

    def send_all(self, app, wanted):
        """Send many requests, (method, path) each, and forget the answers; to be made faster if need be."""
        for method, path in wanted:
            self.request(app, method, path)

    def get(self, app, name, **keywords) -> Answer:
        """Send the request of that name."""
        return self.request(app, "POST" if name == "echo" else "GET", PATHS[name], **keywords)

    def label(self, name):
        """The label `route` of the request of that name."""
        return {**TEMPLATES, **self.OWN_TEMPLATES}[name] if self.ROUTED else UNMATCHED

    @pytest.fixture
    def shop(self, clock):
        return Shop(clock)

    @pytest.fixture
    def app(self, shop, monitor):
        return self.make(shop, monitor)
