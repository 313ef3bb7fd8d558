"""The tasks of the shop beside, in plain Celery with the very settings that pymacaron-async gives its own."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery

from pymacaron.app import create_app
from pymacaron_async.broker import broker_of
from pymacaron_async.celeryapp import settings

flask_app = create_app(Path(__file__).with_name("tasks"))
service = flask_app.extensions["pymacaron"]
broker = broker_of(service.config)
chosen = settings(service, broker, in_worker=bool(os.environ.get("BENCH_WORKER")))
app = Celery("plain")
app.conf.update({**chosen, "broker_url": broker.url, "task_default_queue": "plain", "task_queues": None})
if broker.kind == "amqp":
    app.conf.task_default_queue_type = "quorum"


@app.task(name="nothing")
def nothing(number: int) -> None:
    """Do nothing."""


@app.task(name="mark")
def mark(path: str) -> None:
    """Make a file."""
    Path(path).touch()
