"""Flask with the endings that tests want of a real server."""

import itertools

import sendfiles
from flask import Flask, Response, request, send_file
from material import BIG, CHUNK, big_file, say_farewell

from mcp_perf.adapters.flask import PerformanceMonitoring

app = Flask(__name__)
PerformanceMonitoring(app)
FILE = big_file()


@app.get("/")
def index():
    return "hello world\n"


@app.get("/endless")
def endless():
    return Response(itertools.repeat(CHUNK))


@app.post("/upload")
def upload():
    return str(len(request.get_data()))


@app.get("/big")
def big():
    return Response(BIG)


@app.get("/file")
def file():
    return send_file(FILE)


@app.get("/sendfiles")
def sent():
    return str(sendfiles.count())


say_farewell()
