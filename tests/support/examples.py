"""The applications of ``examples/`` on the servers that they are for, and what is asked of them."""

from dataclasses import dataclass

from support.load import Ask
from support.servers import Command, gunicorn, uvicorn


@dataclass(frozen=True)
class Example:
    """An application on a server; `user` is the route of a user's page, as its framework writes it."""

    name: str
    command: Command
    user: str
    head: int = 200  # FastAPI has no HEAD where only GET is declared
    numbers: int = 200

    def asks(self):
        """The requests, some of each ending that all the applications have."""
        users = range(self.numbers)
        return [
            *(Ask("GET", "/", "/", 200) for _ in range(100)),
            *(Ask("HEAD", "/", "/", self.head) for _ in range(20)),
            *(Ask("GET", f"/users/{uid}?page={uid % 7}", self.user, 200) for uid in users),
            *(Ask("HEAD", f"/users/{uid}", self.user, self.head) for uid in range(25)),
            *(Ask("POST", f"/users/{uid}", self.user, 405, b"name=x") for uid in range(30)),
            *(Ask("GET", "/stream", "/stream", 200) for _ in range(40)),
            *(Ask("GET", "/boom", "/boom", 500) for _ in range(15)),
            *(Ask("GET", f"/wp-admin/{number}.php", "<unmatched>", 404) for number in range(50)),
            *(Ask("PROPFIND", f"/dav/{number}", "<unmatched>", 404) for number in range(10)),
        ]

    def found(self):
        """How many of these requests look a user up."""
        return float(sum(ask.route == self.user and ask.status == 200 for ask in self.asks()))


_ASGI = (
    ("fastapi", "fastapi_app:app", "/users/{uid}", 405),
    ("starlette", "starlette_app:app", "/users/{uid:int}", 200),
    ("asgi", "asgi_app:app", "/users/{uid}", 200),
    ("django", "django_app:asgi_application", "/users/<int:uid>", 200),
)
_WSGI = (
    ("flask", "flask_app:app", "/users/<int:uid>"),
    ("wsgi", "wsgi_app:app", "/users/{uid}"),
    ("django", "django_app:application", "/users/<int:uid>"),
)

EXAMPLES = [
    *(
        Example(f"{name}-uvicorn-{parser}", uvicorn(app, http=parser), user, head)
        for name, app, user, head in _ASGI
        for parser in ("h11", "httptools")
    ),
    *(
        Example(f"{name}-gunicorn-{worker}", gunicorn(app, worker=worker), user)
        for name, app, user in _WSGI
        for worker in ("sync", "gthread")
    ),
]
