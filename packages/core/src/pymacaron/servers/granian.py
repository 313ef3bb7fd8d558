"""granian with our settings, for `pym serve --server granian`."""

from __future__ import annotations

import logging
import mmap
import multiprocessing
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError, StartError
from pymacaron.servers.serving import CONNECTIONS, KEEPALIVE, Serving
from pymacaron.servers.signals import hold_signals_while_forking, release_signals
from pymacaron.servers.whole import WholeBody

if TYPE_CHECKING:
    from granian.server import MPServer

    from pymacaron.service import Service

__all__ = ["serve"]

log = logging.getLogger(__name__)

WSGIApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

# What a WSGI server alone may say of a request: granian takes it from the environment of the process where it is there.
OF_A_REQUEST = {"AUTH_TYPE", "CONTENT_LENGTH", "CONTENT_TYPE", "HTTPS", "PATH_TRANSLATED", "REMOTE_HOST", "REMOTE_USER"}

LOGGING = {"incremental": True, "formatters": {}, "handlers": {}, "loggers": {"_granian": {}}}
"""Leaves granian's log lines to the handlers of the service, where secrets are masked."""


def serve(application: WSGIApplication, service: Service, serving: Serving) -> None:
    """Serve a WSGI application until TERM or INT.

    Raises ConfigError where granian is not installed, and StartError where no worker can start.
    """
    server = made(serving)
    worker = Worker(application, service)
    hold_signals_while_forking()
    try:
        server.serve(spawn_target=worker.work, target_loader=worker.load, wrap_loader=False)
    except SystemExit:
        if not worker.boot_failed:
            raise StartError("the workers end as soon as they start: the log above tells why") from None
    if worker.boot_failed:
        raise StartError("no worker could start: the log above tells why")


def made(serving: Serving) -> MPServer:
    """Return granian, not yet listening.

    A header has as long as an idle connection, for granian knows one time-out for both; it holds no thread. HTTP/1
    alone is spoken, for a connection whose version is to be guessed may stay silent for ever.
    """
    try:
        from granian.constants import HTTPModes, Interfaces
        from granian.http import HTTP1Settings
        from granian.server import MPServer
    except ImportError:
        raise ConfigError("pym serve needs granian: pip install 'granian>=2.7'") from None

    multiprocessing.set_start_method("fork", force=True)
    return MPServer(
        "pymacaron",
        address=socket.getaddrinfo(serving.host, serving.port, type=socket.SOCK_STREAM)[0][4][0],  # type: ignore[arg-type]
        port=serving.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=KEEPALIVE * 1000),
        websockets=False,
        workers=serving.workers,
        blocking_threads=serving.threads,
        backpressure=CONNECTIONS,
        workers_kill_timeout=serving.grace,
        respawn_failed_workers=True,
        log_dictconfig=LOGGING,
    )


class Worker:
    """What happens in each worker, which shares the app that was loaded before the fork."""

    def __init__(self, application: WSGIApplication, service: Service) -> None:
        self._application = application
        self._service = service
        self._parent = os.getpid()
        self._shared = mmap.mmap(-1, 1)
        self._stops: list[int] = []
        self._listening = threading.Event()
        self._heard = -1

    @property
    def boot_failed(self) -> bool:
        """Whether a start-up function failed in any worker."""
        return bool(self._shared[0])

    def work(self, *arguments: Any) -> None:
        """Serve, and run the shutdown functions when granian is done; what it is called with is granian's own."""
        from granian import _signals
        from granian.server import MPServer

        _signals.set_sync_signals = self._listener(_signals.set_sync_signals)
        try:
            MPServer._spawn_wsgi_worker(*arguments)  # noqa: SLF001 - what granian calls itself, with its own arguments
            self._service.stop()
        except Exception as error:
            log.error("a worker failed", exc_info=error)
            sys.exit(1)

    def _listener(self, listen: Callable[[], Any]) -> Callable[[], Any]:
        """Return granian's way to listen to signals, after which the first one counts and none is lost.

        granian's main thread sleeps on a lock: of two signals at a time, another thread may take both, and Python calls
        no handler before the main thread wakes up. What comes is seen by a pipe too, whichever thread takes it.
        """

        def listening() -> Any:
            event = listen()
            heard: list[int] = []
            handler: Any = signal.getsignal(signal.SIGTERM)

            def once(number: int, frame: object) -> None:
                if not heard:
                    heard.append(number)
                    handler(number, frame)

            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, once)
            self._heard, told = os.pipe()
            os.set_blocking(told, False)
            signal.set_wakeup_fd(told, warn_on_full_buffer=False)
            self._listening.set()
            return event

        return listening

    def load(self) -> WSGIApplication:
        """Run the start-up functions and return the application; one that fails ends the whole server."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note)
        release_signals()
        try:
            self._service.start()
        except Exception as error:
            log.error("a start-up function failed", exc_info=error)
            self._shared[0] = 1
            os.kill(self._parent, signal.SIGTERM)
            sys.exit(1)
        threading.Thread(target=self._watch, name="pym-parent", daemon=True).start()
        return well_informed(self._application)

    def _note(self, number: int, frame: object) -> None:
        """Remember a signal that comes before granian listens to signals."""
        self._stops.append(number)

    def _watch(self) -> None:
        """Stop this worker, once granian listens to signals, where a signal says so or its parent is gone."""
        self._listening.wait()
        while not self._stops and os.getppid() == self._parent and not select.select([self._heard], [], [], 1)[0]:
            pass
        main = threading.main_thread().ident
        while main is not None:
            time.sleep(0.1)
            signal.pthread_kill(main, signal.SIGTERM)


def well_informed(application: WSGIApplication) -> WSGIApplication:
    """Return an application that is told the truth of each request.

    No variable of the environment passes as a header or a fact of the request, and half a body not as a whole one.
    """
    named = {name: text for name, text in os.environ.items() if name.startswith("HTTP_") or name in OF_A_REQUEST}

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        for name, text in named.items():
            if environ.get(name) == text:
                del environ[name]
        if (length := environ.get("CONTENT_LENGTH", "")).isdecimal():
            environ["wsgi.input"] = WholeBody(environ["wsgi.input"], int(length))
        return application(environ, start_response)

    return answer
