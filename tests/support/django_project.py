"""A Django project in memory: many applications, each with handlers, URLs and middlewares of its own."""

import logging

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        APPEND_SLASH=False,
        DATABASES={},
        LANGUAGES=[("en", "English"), ("de", "Deutsch")],
        LOGGING_CONFIG=None,
        MIDDLEWARE=[],
        ROOT_URLCONF=(),
        SECRET_KEY="tests have no secrets",
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "loaders": [("django.template.loaders.locmem.Loader", {"page": "{{ value.boom }}"})]
                },
            }
        ],
        USE_I18N=True,
    )
    django.setup()
    logging.getLogger("django").setLevel(logging.CRITICAL)

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.test import override_settings

OURS = "mcp_perf.adapters.django.PerformanceMonitoringMiddleware"


def wsgi(urls, middleware=(OURS,), **attributes):
    """The WSGI application of these URL patterns; its requests have `attributes`."""
    return _handler(WSGIHandler, WSGIRequest, urls, middleware, attributes)


def asgi(urls, middleware=(OURS,), **attributes):
    """The ASGI application, likewise."""
    handler = _handler(ASGIHandler, ASGIRequest, urls, middleware, attributes)

    async def app(scope, receive, send):
        async def lower(message):
            if "headers" in message:  # ASGI wants their names in lower case, to which Django does not keep
                message["headers"] = [(name.lower(), text) for name, text in message["headers"]]
            await send(message)

        await handler(scope, receive, lower)

    return app


def configured(monitor, **http_settings):
    """What the setting ``MCP_PERF`` reads while an application is being made."""
    return override_settings(MCP_PERF={"monitor": monitor, **http_settings})


def _handler(handler_class, request_class, urls, middleware, attributes):
    with override_settings(MIDDLEWARE=list(middleware)):
        handler = handler_class()
    # A request's own URL patterns go before ROOT_URLCONF, so that no setting is changed while others run.
    members = {"urlconf": tuple(urls), **attributes}
    handler.request_class = type(request_class.__name__, (request_class,), members)
    return handler
