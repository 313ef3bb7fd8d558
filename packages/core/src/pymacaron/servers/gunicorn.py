"""gunicorn with our settings, for `pym serve`."""

from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError, StartError

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["serve", "settings"]

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where a worker's heartbeat never waits for a disk
log = logging.getLogger(__name__)

BOOT_FAILED = 3
"""The exit code by which a worker of gunicorn says that to start it again is of no use."""

STOPPING = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}


def settings(service: Service, host: str, port: int, workers: int | None = None, threads: int = 4) -> dict[str, Any]:
    """Return gunicorn's settings for a service.

    gthread workers share the app that was loaded before the fork; connections are kept 75 s, longer than load balancers
    keep theirs idle (60 s); on TERM workers have 30 s to finish; no control socket is opened. `workers` defaults to
    WEB_CONCURRENCY, else to the number of processors. Raises ConfigError for a WEB_CONCURRENCY that is no number.
    """
    return {
        "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        "workers": workers or _concurrency(),
        "threads": threads,
        "worker_class": "gthread",
        "preload_app": True,
        "keepalive": 75,
        "graceful_timeout": 30,
        "control_socket_disable": True,
        "worker_tmp_dir": str(SHARED_MEMORY) if SHARED_MEMORY.is_dir() else None,
        "post_worker_init": lambda worker: _start_worker(service),
        "worker_exit": lambda arbiter, worker: service.stop(),
    }


def serve(app: Flask, chosen: dict[str, Any]) -> None:
    """Serve an app until TERM or INT; raises ConfigError where gunicorn is not installed."""
    try:
        from gunicorn.app.base import BaseApplication
    except ImportError:
        raise ConfigError("pym serve needs gunicorn: pip install 'gunicorn>=26'") from None
    from pymacaron.http.routes import import_for_requests

    class Application(BaseApplication):
        def load_config(self) -> None:
            for name, value in chosen.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return app

    import_for_requests()
    hold_signals_while_forking()
    arbiter = os.getpid()
    try:
        Application().run()
    except SystemExit as end:
        if end.code == BOOT_FAILED and os.getpid() == arbiter:
            raise StartError("no worker could start: the log above tells why") from None
        raise


def hold_signals_while_forking() -> None:
    """Keep a signal that reaches a worker before it listens to signals until it does.

    Without it a TERM that comes while workers start is lost in them, and gunicorn waits for all of graceful_timeout.
    """
    arbiter = os.getpid()

    def mask(how: int) -> None:
        if os.getpid() == arbiter:
            signal.pthread_sigmask(how, STOPPING)

    os.register_at_fork(before=lambda: mask(signal.SIG_BLOCK), after_in_parent=lambda: mask(signal.SIG_UNBLOCK))


def _start_worker(service: Service) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPPING)
    try:
        service.start()
    except Exception as error:
        log.error("a start-up function failed", exc_info=error)
        sys.exit(BOOT_FAILED)


def _concurrency() -> int:
    text = os.environ.get("WEB_CONCURRENCY", "")
    if not text:
        return os.cpu_count() or 1
    if not text.isdecimal() or not int(text):
        raise ConfigError("WEB_CONCURRENCY should be a number of workers, at least 1: correct or unset it")
    return int(text)
