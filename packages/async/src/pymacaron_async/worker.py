"""A worker: Celery's, which loads the service exactly as a server does, and leaves nothing undone when it stops."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pymacaron.exceptions import StartError
from pymacaron.resources import get_celery_worker_count, get_memory_limit
from pymacaron.service import open_services
from pymacaron_async.broker import require_broker
from pymacaron_async.settings import AsyncSettings

if TYPE_CHECKING:
    from celery import Celery
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["Working", "load_service", "work"]

log = logging.getLogger(__name__)

INSISTING = 3
"""Seconds after the grace in which messages go back to the broker, before the worker ends as it is."""


@dataclass(frozen=True)
class Working:
    """How to work: processes, the service's own queues besides its main one, and megabytes of each process."""

    concurrency: int
    queues: Sequence[str]
    max_memory: int


def working(service: Service, concurrency: int | None, queues: Sequence[str], max_memory: int | None) -> Working:
    """Return how to work; what the command line leaves open comes from the settings, then from the machine."""
    settings = service.config.section(AsyncSettings)
    processes = concurrency or settings.async_workers or get_celery_worker_count()
    return Working(processes, queues, max_memory or settings.async_max_memory or get_memory_limit(processes))


def load_service(root: Path, env: str | None) -> tuple[Service, Flask | None]:
    """Return the service of a folder with its app: by its server.py, where there is one."""
    if not (root / "server.py").exists():
        from pymacaron.app import create_app

        app = create_app(root, env=env)
        return app.extensions["pymacaron"], app
    from pymacaron.server import load_server_file
    from pymacaron_async.flaskapps import flask_app_of

    load_server_file(root, env)
    found = [service for service in open_services() if service.root == root.resolve()]
    if not found:
        raise StartError(
            f"{root / 'server.py'} makes no API as it is imported: have letsgo(__name__, callback=...) do it"
        )
    return found[0], flask_app_of(found[0])


def work(root: Path, env: str | None, choose: tuple[int | None, Sequence[str], int | None], *, beside: bool) -> int:
    """Run tasks until TERM, or with `beside` until the server is gone; return the exit code.

    What runs has `graceful_timeout` seconds to end, and is given back to the broker then.
    """
    from pymacaron.log import configure_logging

    configure_logging()
    service, flask_app = load_service(root, env)
    configure_logging(service.config.log_level, service.config.log_format)
    require_broker(service.config)
    with service:
        code = _run(service, working(service, *choose), beside=beside)
    service.flush_reports()
    del flask_app  # lives as long as the tasks that need it
    return code


def _run(service: Service, chosen: Working, *, beside: bool) -> int:
    from celery.exceptions import SecurityWarning

    from pymacaron_async.celeryapp import celery_of, queue_of
    from pymacaron_async.giveback import GiveBack
    from pymacaron_async.task import TASKS

    app = celery_of(service, in_worker=True)
    named = {task.options.queue for task in TASKS.values()}
    queues = [queue_of(app, name) for name in chosen.queues or sorted({"", *filter(None, named)})]
    _connect_signals(app, service, queues)
    app.steps["consumer"].add(GiveBack)
    if beside:
        threading.Thread(target=_stop_with_server, name="pym-beside", daemon=True).start()
    # Celery warns of root for the sake of pickle, which is not accepted here.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    worker = app.Worker(
        # A name of its own: RabbitMQ refuses the second worker of a name, and one that died may seem to be there.
        hostname=f"{service.name}-{uuid4().hex[:8]}@{socket.gethostname()}",
        queues=queues,
        concurrency=chosen.concurrency,
        max_memory_per_child=chosen.max_memory * 1024,
        pool_cls="pymacaron_async.pool:TaskPool",
        loglevel=service.config.log_level,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    log.info("%s runs tasks of %s in %s processes", service.name, ", ".join(queues), chosen.concurrency)
    worker.start()
    return int(worker.exitcode or 0)


def _connect_signals(app: Celery, service: Service, queues: Sequence[str]) -> None:
    """Have every process of the pool start and stop as a server's, and the main one look at the clock."""
    from celery import signals

    from pymacaron_async.clock import Clock
    from pymacaron_async.unknown import keep_unknown

    clock = Clock(app, service, queues)

    def begin(**_: Any) -> None:
        service.__enter__()
        service.start()

    def end(**_: Any) -> None:
        service.stop()

    def stop(**told: Any) -> None:
        clock.stop()
        if told["how"] == "Warm":
            for seconds in (service.config.graceful_timeout, service.config.graceful_timeout + INSISTING):
                _signal_later(seconds)

    signals.worker_process_init.connect(begin, weak=False)
    signals.worker_process_shutdown.connect(end, weak=False)
    signals.worker_ready.connect(lambda **_: clock.start(), weak=False)
    signals.worker_shutting_down.connect(stop, weak=False)
    signals.task_unknown.connect(lambda **told: keep_unknown(app, told), weak=False)


def _signal_later(seconds: float) -> None:
    """Have what still runs given back to the broker then: Celery itself would wait for it without end."""
    timer = threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGQUIT))
    timer.daemon = True
    timer.start()


def _stop_with_server() -> None:
    """Stop once the server that started this process is gone: the pipe that it holds ends."""
    while os.read(0, 1):  # never by sys.stdin, whose lock a process of the pool would inherit
        pass
    os.kill(os.getpid(), signal.SIGTERM)
