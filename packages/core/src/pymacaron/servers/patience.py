"""A worker of gunicorn whose threads slow clients hold only for a bounded time."""

from __future__ import annotations

import errno
import json
import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gunicorn.workers.gthread import TConn, ThreadWorker
from werkzeug.exceptions import ClientDisconnected, RequestTimeout

if TYPE_CHECKING:
    from concurrent.futures import Future

    from gunicorn.http.message import Request

__all__ = ["PatientSocket", "PatientWorker"]

PATIENCE = 4.0
"""Seconds that a request may keep a thread waiting for its bytes."""

RATE = 8192
"""Bytes that earn one of these seconds back, never above PATIENCE."""

SENDING = 30.0
"""Seconds that a client may take to accept PIECE bytes of a reply."""

PIECE = 65536

FIRST_BYTE = 0.05
"""Seconds for which a thread waits on a new connection before it leaves that to the worker's main loop."""

LINGER = 2.0
"""Seconds for which a client may leave open what we have closed, or be silent while the worker stops."""


class PatientSocket(socket.socket):
    """A connection that keeps nobody waiting beyond its budget of seconds.

    A header that comes too slowly looks like a connection that its client closed. A body raises where the application
    reads it, RequestTimeout (408) or ClientDisconnected (400), so that half a body is never taken for a whole one.
    """

    budget = PATIENCE
    too_slow = False
    in_body = False
    ended = False

    def shutdown(self, how: int, /) -> None:
        """End our side: whoever reads from now on, to close with care after a reply that broke off, does not wait."""
        self.ended = True
        super().shutdown(how)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Read what is there, or wait for it as long as the budget allows."""
        if self.ended:
            return b""
        before = self.gettimeout()
        began = time.monotonic()
        data = self._recv(size, self.budget if before is None else min(before, self.budget))
        self.settimeout(before)
        left = self.budget - (time.monotonic() - began) + len(data) / RATE
        self.budget = max(0.0, min(left, PATIENCE))
        if not data and self.in_body:
            raise RequestTimeout if self.too_slow else ClientDisconnected
        return data

    def _recv(self, size: int, seconds: float) -> bytes:
        self.settimeout(seconds)
        try:
            return super().recv(size)
        except (TimeoutError, BlockingIOError):
            self.too_slow = True
            return b""

    def sendall(self, data: bytes, flags: int = 0, /) -> None:  # type: ignore[override]
        """Send a reply piece by piece; a client that does not take one in time is one that went away."""
        before = self.gettimeout()
        self.settimeout(SENDING)
        try:
            for start in range(0, len(data), PIECE):
                super().sendall(data[start : start + PIECE], flags)
        except TimeoutError:
            raise ConnectionResetError(errno.ECONNRESET, "the client does not read the reply") from None
        finally:
            self.settimeout(before)


class PatientWorker(ThreadWorker):
    """gunicorn's gthread worker on sockets that do not wait for ever."""

    silence_ends: float | None = None
    """Until when a worker that stops hears connections that carried no request yet, as time.monotonic() counts."""

    def init_process(self) -> None:
        """Serve until the worker stops; `parting` are the connections whose clients have yet to close them."""
        self.parting: deque[TConn] = deque()
        super().init_process()

    def handle(self, conn: TConn) -> bool:
        """Answer one request in a thread; returns whether the connection can carry another one."""
        connection = _patient(conn)
        connection.budget = PATIENCE
        if not conn.initialized and not conn.data_ready and not conn.wait_for_data(FIRST_BYTE):
            conn.wait_for_data = _no_data  # type: ignore[method-assign]
        kept = super().handle(conn)
        if connection.too_slow:
            self.log.info("%s sent a request too slowly: its connection is closed", conn.client)
            return False
        return kept

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Take new connections, or none; once the worker stops, those that came before, and then nobody listens."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                with suppress(OSError):
                    self._accept_all(listener)
                listener.close()
            self.sockets = []

    def _accept_all(self, listener: Any) -> None:
        before = -1
        while before < self.nr_conns < self.worker_connections:
            before = self.nr_conns
            self.accept(listener)

    def is_parent_alive(self) -> bool:
        """Tell whether the arbiter is there; without it the worker stops, as by a TERM."""
        if super().is_parent_alive():
            return True
        self.alive = False
        return False

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Go on with a connection whose thread is done; the main loop never waits for its client."""
        error = None if fs.cancelled() else fs.exception()
        if error is not None:
            self.log.error("a reply broke off: %s", type(error).__name__)
        if fs.cancelled() or error is not None or not fs.result():
            self._part(conn)
        elif not conn.initialized:
            self._hear(conn)
        else:
            super().finish_request(conn, fs)

    def _hear(self, conn: TConn) -> None:
        """Wait for the first byte of a connection, for LINGER where the worker stops."""
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + (self.cfg.keepalive if self.alive else LINGER)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _part(self, conn: TConn) -> None:
        """Close our side of a connection, and all of it when its client has done so too or LINGER is over.

        What is closed with bytes unread is reset, which may cut off the reply (RFC 9112, section 9.6).
        """
        conn.timeout = time.monotonic() + LINGER
        self.parting.append(conn)
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._close(conn)
        else:
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))

    def _drain(self, conn: TConn, sock: socket.socket) -> None:
        try:
            gone = not socket.socket.recv(sock, PIECE)
        except BlockingIOError:
            gone = False
        except OSError:
            gone = True
        if gone:
            self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.parting.remove(conn)
        with suppress(KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close connections that said nothing, or did not end, in time; soon, once the worker stops.

        A proxy opens connections ahead: one that never carried a request would hold the stop for all of its grace.
        """
        now = time.monotonic()
        if not self.alive:
            self.silence_ends = self.silence_ends or now + LINGER
            for conn in self.pending_conns:
                conn.timeout = min(conn.timeout or self.silence_ends, self.silence_ends)
        super().murder_pending()
        while self.parting and (self.parting[0].timeout or 0) <= now:
            self._close(self.parting[0])

    def handle_request(self, req: Request, conn: TConn) -> bool:
        """Let the application answer a request whose header was read."""
        connection = _patient(conn)
        connection.in_body = True
        try:
            return super().handle_request(req, conn)
        finally:
            connection.in_body = False

    def handle_error(self, req: Request | None, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what is no HTTP in JSON; gunicorn would repeat it."""
        kept = _Kept()
        super().handle_error(req, kept, addr, exc)  # type: ignore[arg-type]  # all that gunicorn does with it
        if kept.data:
            error_id = str(uuid4())
            self.log.info("its reply has the error_id %s", error_id)
            with suppress(OSError):
                client.sendall(_refusal(HTTPStatus(int(kept.data.split()[1])), error_id))


class _Kept:
    """What stands in for a connection, and keeps what gunicorn writes."""

    data = b""

    def gettimeout(self) -> float:
        """Say that nobody waits."""
        return 0.0

    def sendall(self, data: bytes) -> None:
        """Keep some bytes."""
        self.data += data


def _refusal(status: HTTPStatus, error_id: str) -> bytes:
    """Return a whole reply to what is no HTTP."""
    told = {"error": status.name, "error_description": status.phrase, "error_id": error_id, "status": status.value}
    body = json.dumps(told, separators=(",", ":"))
    head = ("Connection: close", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join((f"HTTP/1.1 {status.value} {status.phrase}", *head, "", body)).encode()


def _patient(conn: TConn) -> PatientSocket:
    """Return the socket of a connection, of which a thread reads now; the main loop does not know it by then."""
    if not isinstance(conn.sock, PatientSocket):
        conn.sock = PatientSocket(fileno=conn.sock.detach())
    return conn.sock


def _no_data(timeout: float | None) -> bool:
    """Say of a new connection that its first byte is left to the worker's main loop."""
    return False
