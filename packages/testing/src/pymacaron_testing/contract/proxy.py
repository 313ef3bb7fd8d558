"""A proxy on 127.0.0.1 that hands requests on to a service and records what both sides say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx2
from werkzeug.serving import WSGIRequestHandler, make_server

from pymacaron.exceptions import DeployError
from pymacaron_testing.contract.exchange import Exchange, Headers

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

__all__ = ["RecordingProxy"]

HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
}
"""What concerns one connection only (RFC 9110, section 7.6.1)."""
LAST_SECONDS = 5
POLL_SECONDS = 0.05
TIMEOUT_SECONDS = 300
UNREACHABLE = 502


class RecordingProxy:
    """A server in a thread, in front of the service at `target`; `record` is called with each exchange as it ends.

    Tests reach it at `port` of 127.0.0.1 by any HTTP client. A service that cannot be reached is told as 502. Each
    request gets what `headers` gives on its way, instead of headers of the same names; of that nothing is recorded.
    """

    def __init__(
        self,
        target: str,
        record: Callable[[Exchange], None],
        *,
        verify_ssl: bool = True,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._headers = headers
        self._target = target.rstrip("/")
        self._record = record
        self._at_hand = 0
        self._changed = threading.Condition()
        self._client = httpx2.Client(
            timeout=TIMEOUT_SECONDS,
            verify=verify_ssl and self._target.startswith("https:"),
            trust_env=False,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
        )
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True, request_handler=QuietHandler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[POLL_SECONDS], daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.port)

    def close(self) -> None:
        """Stop, once the requests at hand are recorded; a stream that goes on is not waited for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._at_hand, LAST_SECONDS)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._client.close()

    def __enter__(self) -> RecordingProxy:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = _body(environ)
        headers = _sent_headers(environ)
        target = environ["REQUEST_URI"]
        if "://" in target.partition("?")[0]:
            target = target.partition("://")[2].partition("/")[2].join(("/", ""))
        try:
            reply = self._client.send(self._request(environ["REQUEST_METHOD"], target, headers, body), stream=True)
        except (httpx2.TransportError, DeployError) as error:
            told = error if isinstance(error, DeployError) else type(error).__name__
            start_response(f"{UNREACHABLE} Bad Gateway", [("Content-Type", "text/plain")])
            return [f"{self._target} cannot be reached: {told}\n".encode()]
        received = _kept((name.decode("latin-1"), text.decode("latin-1")) for name, text in reply.headers.raw)
        with self._changed:
            self._at_hand += 1
        start_response(f"{reply.status_code} {reply.reason_phrase}", self._led_back(received))
        return self._passed_on(environ["REQUEST_METHOD"], target, headers, body, reply, received)

    def _request(self, method: str, target: str, headers: Headers, body: bytes) -> httpx2.Request:
        """Return a request with what its sender and `headers` say: a client would add more, and tidy the URL up."""
        added = self._headers()
        own = [one for one in headers if one[0].lower() not in {name.lower() for name in added}]
        aimed = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in (*own, *added.items())]
        aimed.append((b"Host", urlsplit(self._target).netloc.encode()))
        path = target if target == "*" else urlsplit(self._target).path + target
        return httpx2.Request(
            method, self._target, headers=aimed, content=body or None, extensions={"target": path.encode("latin-1")}
        )

    def _led_back(self, headers: Headers) -> list[tuple[str, str]]:
        """Return headers in which a redirect to the service leads through this proxy."""
        here = f"http://127.0.0.1:{self.port}"
        return [
            (name, here + text.removeprefix(self._target))
            if name.lower() == "location" and _is_below(text, self._target)
            else (name, text)
            for name, text in headers
        ]

    def _passed_on(
        self, method: str, target: str, headers: Headers, body: bytes, reply: httpx2.Response, received: Headers
    ) -> Iterator[bytes]:
        chunks: list[bytes] = []
        try:
            for chunk in reply.iter_raw():
                chunks.append(chunk)
                yield chunk
        finally:
            reply.close()
            plain = _decoded(received, b"".join(chunks))
            with self._changed:
                self._record(Exchange(method, target, headers, body, reply.status_code, received, plain))
                self._at_hand -= 1
                self._changed.notify_all()


class QuietHandler(WSGIRequestHandler):
    """Answers in HTTP/1.1, so that clients keep their connections, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Leave the log to the service."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Leave the headers Server and Date to the service too."""
        self.send_response_only(code, message)


def _body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH", "")
    if length:
        return bytes(environ["wsgi.input"].read(int(length)))
    return bytes(environ["wsgi.input"].read()) if environ.get("wsgi.input_terminated") else b""


def _sent_headers(environ: WSGIEnvironment) -> Headers:
    written = [(key[5:].replace("_", "-").title(), text) for key, text in environ.items() if key.startswith("HTTP_")]
    typed = [("Content-Type", environ["CONTENT_TYPE"])] if environ.get("CONTENT_TYPE") else []
    return tuple((name, text) for name, text in _kept([*written, *typed]) if name != "Host")


def _kept(headers: Iterable[tuple[str, str]]) -> Headers:
    return tuple((name, text) for name, text in headers if name.lower() not in HOP_BY_HOP)


def _is_below(url: str, base: str) -> bool:
    return url == base or url.startswith((f"{base}/", f"{base}?"))


def _decoded(headers: Headers, content: bytes) -> bytes:
    """Return content without its Content-Encoding, or as it is where it is not in that."""
    try:
        return httpx2.Response(200, headers=headers, content=content).content
    except httpx2.DecodingError:
        return content
