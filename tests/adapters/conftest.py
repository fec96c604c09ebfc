"""Where a middleware may stand, and what a server may have in front of it."""

import pytest


@pytest.fixture(params=["inside", "around"])
def place(request):
    """Puts the middleware into an application of Starlette or FastAPI, or around it."""
    routes = pytest.importorskip("support.routes")
    return getattr(routes, request.param)


@pytest.fixture(params=["", "/proxy"])
def root_path(request):
    """What the server says is in front of the application's paths."""
    return request.param
