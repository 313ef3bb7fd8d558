"""Start the helloworld service: `python server.py --port 8080`, or `gunicorn server:app`."""

from flask import Flask

from pymacaron import API, letsgo

app = Flask(__name__)


def start(port=8080, debug=False):
    """Bind apis/ to the app, and serve it where this file is the program."""
    api = API(app, port=port, debug=debug)
    api.load_apis("apis")
    api.start(serve="helloworld")


letsgo(__name__, callback=start)
