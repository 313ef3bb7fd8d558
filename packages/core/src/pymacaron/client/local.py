"""Local calls: the WSGI app of a service, asked in its own process as a server would ask it."""

from __future__ import annotations

import io
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

import httpx2

__all__ = ["AsyncLocalTransport", "LocalTransport"]

App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Stream(httpx2.SyncByteStream):
    """The body of an answer, as the app gives it."""

    def __init__(self, chunks: Iterable[bytes], close: Callable[[], Any]) -> None:
        self._chunks = chunks
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._chunks

    def close(self) -> None:
        """Tell the app that nobody reads on."""
        self._close()


class LocalTransport(httpx2.BaseTransport):
    """Asks an app."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._app = app

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return what the app answers; what it raises beyond that is raised."""
        body = b"".join(request.stream)  # type: ignore[arg-type]
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[..., Any]:
            started[:] = [status, headers]
            return lambda _: None

        context = Context()  # an empty one: the callee sees neither the caller's request nor its `g`
        result = context.run(self._app(), _environ(request, body), start_response)
        chunks = _within(context, result)
        first = [] if started else [next(chunks, b"")]  # an app that is a generator starts with its first bytes
        status, headers = started
        stream = Stream(itertools.chain(first, chunks), partial(context.run, getattr(result, "close", bool)))
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return httpx2.Response(int(status.split()[0]), headers=pairs, stream=stream, request=request)


def _within(context: Context, result: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the chunks of an answer, each made in the context in which the app was asked."""
    chunks = context.run(iter, result)
    while (chunk := context.run(next, chunks, None)) is not None:
        yield chunk


class AsyncLocalTransport(httpx2.AsyncBaseTransport):
    """Asks an app in a thread of its own, and reads the whole answer there."""

    def __init__(self, app: Callable[[], App]) -> None:
        self._local = LocalTransport(app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Return what the app answers."""
        import asyncio

        content = await request.aread()

        def asked() -> httpx2.Response:
            whole = httpx2.Request(request.method, request.url, headers=request.headers, content=content)
            response = self._local.handle_request(whole)
            body = b"".join(response.stream)  # type: ignore[arg-type]
            response.close()
            return httpx2.Response(response.status_code, headers=response.headers.raw, stream=httpx2.ByteStream(body))

        return await asyncio.to_thread(asked)


def _environ(request: httpx2.Request, body: bytes) -> dict[str, Any]:
    """Return the environ of a request (PEP 3333), with its path as it was written too."""
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "RAW_URI": request.url.raw_path.decode("ascii"),
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for raw_name, raw_value in request.headers.raw:
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        if name == "TRANSFER_ENCODING":
            continue
        key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ
