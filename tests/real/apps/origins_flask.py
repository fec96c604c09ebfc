"""What `origins` answers, from Flask's own server."""

import origins
from flask import Flask

app = Flask(__name__)


@app.get("/")
def answer():
    return origins.body()
