"""A loopback address in front of a service that may change between two requests: what a DNS name and a balancer are.

Each request goes to whatever `route` gives at that moment, over a connection of its own, so that no request is lost
when the route changes; upgrades (WebSocket) are not passed on.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Address", "NotAdmittedError", "Upstream"]

HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"}
CHUNK = 65536


class Upstream:
    """A service on a port of 127.0.0.1, which knows how many requests it has at the moment."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._busy = 0
        self._idle = threading.Condition()

    @contextmanager
    def request(self) -> Iterator[None]:
        """Count a request."""
        with self._idle:
            self._busy += 1
        try:
            yield
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def drain(self, seconds: float) -> bool:
        """Wait until no request is left, and tell whether that was so in time."""
        with self._idle:
            return self._idle.wait_for(lambda: self._busy == 0, seconds)


class NotAdmittedError(Exception):
    """A request that does not get through: it is answered by `status`."""

    def __init__(self, status: int, reason: str) -> None:
        self.status = status
        super().__init__(reason)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256
    choose: Callable[[str, str], Upstream | None]
    admit: Callable[[Message], Mapping[str, str]]


class Address:
    """An address that is listened on from the start; without a route it answers 503.

    `choose` is given instead of `route` where the way depends on the hostname and the path that are asked for. `admit`
    looks at the headers of a request before, and gives those, by their names in small letters, that are passed on with
    other texts; it raises NotAdmittedError for a request that is not passed on.
    """

    def __init__(
        self,
        route: Callable[[], Upstream | None] = lambda: None,
        *,
        choose: Callable[[str, str], Upstream | None] | None = None,
        admit: Callable[[Message], Mapping[str, str]] = lambda headers: {},
    ) -> None:
        self._server = _Server(("127.0.0.1", 0), _Passing)
        self._server.choose = choose or (lambda host, path: route())
        self._server.admit = admit
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def name(self) -> str:
        """The address: "127.0.0.1:<port>"."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _NoAnswerError(Exception):
    pass


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def handle_one_request(self) -> None:
        """Answer one request; a caller who is gone is no error."""
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
        """Log nothing."""

    def _pass_on(self) -> None:
        body = self._body()
        try:
            changed = self.server.admit(self.headers)
        except NotAdmittedError as refused:
            self._refuse(refused.status, str(refused).encode())
            return
        upstream = self.server.choose(self.headers.get("Host", "").partition(":")[0], self.path)
        if upstream is None:
            self._refuse(503, b"nothing is served here")
            return
        with upstream.request():
            connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=60)
            try:
                self._answer(self._asked(connection, body, changed))
            except _NoAnswerError as error:
                self._refuse(502, str(error).encode())
            finally:
                connection.close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _pass_on  # noqa: N815 - http.server's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _asked(
        self, connection: http.client.HTTPConnection, body: bytes, changed: Mapping[str, str]
    ) -> http.client.HTTPResponse:
        headers = {
            name: changed.get(name.lower(), value)
            for name, value in self.headers.items()
            if name.lower() not in HOP_BY_HOP
        }
        headers |= {"Connection": "close", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http"}
        headers |= {"Content-Length": str(len(body))} if body or self.command in ("POST", "PUT", "PATCH") else {}
        try:
            connection.request(self.command, self.path, body or None, headers)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise _NoAnswerError(f"the service gave no answer: {error}") from error

    def _answer(self, response: http.client.HTTPResponse) -> None:
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        bare = self.command == "HEAD" or response.status in (204, 304)
        chunked = not bare and response.getheader("Content-Length") is None
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        while not bare and (part := response.read1(CHUNK)):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")

    def _refuse(self, status: int, text: bytes) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
