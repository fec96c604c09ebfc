"""``serve_wsgiref.py module:app host port``: the standard library's WSGI server."""

import importlib
import sys
from wsgiref.simple_server import make_server

module, _, name = sys.argv[1].partition(":")
app = getattr(importlib.import_module(module), name)
make_server(sys.argv[2], int(sys.argv[3]), app).serve_forever()
