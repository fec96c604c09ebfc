"""Plain WSGI with the endings that tests want of a real server; `plain` is not measured."""

import itertools

import sendfiles
from material import BIG, CHUNK, big_file, say_farewell

from mcp_perf.adapters.wsgi import instrument

FILE = big_file()
ROUTES = {"/", "/parts", "/written", "/endless", "/upload", "/big", "/file", "/sendfiles"}


def received(stream):
    size = 0
    while chunk := stream.read(65536):
        size += len(chunk)
    return size


def plain(environ, start_response):
    path = environ["PATH_INFO"]
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    match path:
        case "/parts":
            return [b"hello ", b"world\n"]
        case "/written":
            write(b"hello ")
            return [b"world\n"]
        case "/endless":
            return itertools.repeat(CHUNK)
        case "/upload":
            return [b"%d" % received(environ["wsgi.input"])]
        case "/big":
            return [BIG]
        case "/file":
            return environ["wsgi.file_wrapper"](open(FILE, "rb"))
        case "/sendfiles":
            return [b"%d" % sendfiles.count()]
    return [b"hello world\n"]


app = instrument(
    plain, route=lambda environ: environ["PATH_INFO"] if environ["PATH_INFO"] in ROUTES else None
)
say_farewell()
