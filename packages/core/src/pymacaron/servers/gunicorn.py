"""gunicorn with our settings, for `pym serve`."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError, StartError
from pymacaron.report.traces import trace_of
from pymacaron.servers.serving import CONNECTIONS, KEEPALIVE, Serving
from pymacaron.servers.signals import hold_signals_while_forking, release_signals

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["serve", "settings"]

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where a worker's heartbeat never waits for a disk
log = logging.getLogger(__name__)

LOGGER = "pymacaron.servers.gunicornlog.ThroughRoot"
BOOT_FAILED = 3
"""The exit code by which a worker of gunicorn says that to start it again is of no use."""


def serve(application: Any, service: Service, serving: Serving) -> None:
    """Serve a WSGI application until TERM or INT.

    Raises ConfigError where gunicorn is not installed, and StartError where no worker can start.
    """
    try:
        from gunicorn.app.base import BaseApplication
        from gunicorn.errors import HaltServer
    except ImportError:
        raise ConfigError("pym serve needs gunicorn: pip install 'gunicorn>=27'") from None

    class Application(BaseApplication):
        def load_config(self) -> None:
            for name, value in settings(service, serving).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    logging.getLogger("gunicorn.error").addFilter(_leave_out_requests)
    hold_signals_while_forking()
    arbiter = os.getpid()
    try:
        Application().run()
    except (SystemExit, HaltServer) as end:
        failed = isinstance(end, HaltServer) or end.code == BOOT_FAILED
        if failed and os.getpid() == arbiter:
            raise StartError("no worker could start: the log above tells why") from None
        raise


def settings(service: Service, serving: Serving) -> dict[str, Any]:
    """Return gunicorn's settings: workers share the app loaded before the fork; no control socket is opened."""
    host = f"[{serving.host}]" if ":" in serving.host else serving.host
    return {
        **({"child_exit": _forget_metrics} if service.config.metrics else {}),
        **({"logger_class": LOGGER} if service.config.log_format == "json" else {}),
        "bind": f"{host}:{serving.port}",
        "workers": serving.workers,
        "threads": serving.threads,
        "worker_class": "pymacaron.servers.patience.PatientWorker",
        "worker_connections": CONNECTIONS,
        "preload_app": True,
        "keepalive": KEEPALIVE,
        "graceful_timeout": serving.grace,
        "control_socket_disable": True,
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
        "post_worker_init": lambda worker: _start_worker(service),
        "worker_exit": lambda arbiter, worker: service.stop(),
    }


def _leave_out_requests(record: logging.LogRecord) -> bool:
    """Take out of gunicorn's own lines what a caller sent, and what an exception of a request says."""
    message = str(record.msg)
    if message.startswith("Invalid request from"):
        kind = sys.exc_info()[0]
        record.msg, record.args = f"{message.partition(': ')[0]}: {kind.__name__ if kind else 'no HTTP'}", ()
    elif message.startswith("Error handling request"):
        error = record.exc_info[1] if record.exc_info else None
        text = f"Error handling request\n{trace_of(error)}" if error is not None else "Error handling request"
        record.msg, record.args, record.exc_info, record.exc_text = text, (), None, None
    return True


def _forget_metrics(arbiter: object, worker: Any) -> None:
    from pymacaron.report.prometheus import forget_worker

    forget_worker(worker.pid)


def _start_worker(service: Service) -> None:
    release_signals()
    try:
        service.start()
    except Exception as error:
        log.error("a start-up function failed", exc_info=error)
        sys.exit(BOOT_FAILED)
