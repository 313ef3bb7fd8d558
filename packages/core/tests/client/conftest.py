"""Services that are served on 127.0.0.1, and services that call them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from pymacaron import Service

Folder = Callable[..., Path]


class Quiet(WSGIRequestHandler):
    """Keeps connections open, and logs nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def served(service: Callable[..., Flask]) -> Iterator[Callable[..., str]]:
    """Serve the service of some files; gives its URL."""
    with ExitStack() as stack:

        def serve(files: Mapping[str, str], name: str = "server") -> str:
            server = make_server("127.0.0.1", 0, service(files, name), threaded=True, request_handler=Quiet)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            stack.callback(server.server_close)
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return f"http://127.0.0.1:{server.server_port}"

        yield serve


@pytest.fixture
def caller(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Any]]:
    """Make the pool of an API, whose clients call a URL, in a service without an app."""
    with ExitStack() as stack:

        def call(document: str, url: str, config: str = "", files: Mapping[str, str] = {}, name: str = "it") -> Any:
            root = folder({f"others/{name}.yaml": document, "pym-config.yaml": f"name: caller\n{config}", **files}, "c")
            monkeypatch.setenv(f"PYM_CLIENT_{name.upper()}_URL", url)
            service = Service(root)
            stack.callback(service.close)
            stack.enter_context(service)
            return service.load_clients("others", [name])[0]

        yield call


class Raw:
    """A server of our own that answers bytes: `requests` are the heads that came in, one string each."""

    def __init__(self, answers: list[Any]) -> None:
        self.answers = answers
        self.requests: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(65536)
            if not chunk:
                return
            data += chunk
        self.requests.append(data.decode("latin-1"))
        answer = self.answers.pop(0) if self.answers else b""
        if callable(answer):
            answer(connection, self.done)
        else:
            connection.sendall(answer)

    def close(self) -> None:
        """Take no more requests."""
        self.done.set()
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()


@pytest.fixture
def raw() -> Iterator[Callable[..., Raw]]:
    """Serve answers, each of bytes, or of a function of the connection and of an event that ends the test."""
    with ExitStack() as stack:

        def serve(*answers: Any) -> Raw:
            made = Raw(list(answers))
            stack.callback(made.close)
            return made

        yield serve


def reply(body: str = "{}", status: str = "200 OK", *headers: str, media_type: str = "application/json") -> bytes:
    """Return a whole answer, after which the connection is closed."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body.encode())}", *headers]
    if body:
        lines.append(f"Content-Type: {media_type}")
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@pytest.fixture(name="reply")
def reply_() -> Callable[..., bytes]:
    """Give what makes an answer."""
    return reply
