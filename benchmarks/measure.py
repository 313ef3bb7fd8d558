"""Measure one app in process, without sockets: `measure.py MODULE [SECONDS]` prints one line of JSON.

It tells requests per second of CPU for each kind of request, the CPU time of the start, the memory at the end, and
which invalid requests were answered as if they were right.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import io
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "apps"))

from dataset import CALLS, INVALID, Call, token

BATCH = 50
ROUNDS = 5

TOKEN = {"HTTP_AUTHORIZATION": f"Bearer {token()}"} if os.environ.get("BENCH_EXTRAS") else {}

Run = Callable[[Call, int], tuple[int, bytes]]


def main(module: str, seconds: float) -> dict[str, Any]:
    """Start the app and measure every kind of request."""
    began = time.process_time()
    app = importlib.import_module(module).app
    start = time.process_time() - began
    run = asgi_runner(app) if is_asgi(app) else wsgi_runner(app)
    rates = {kind: rate(run, call, seconds) for kind, call in CALLS.items()}
    missed = [kind for kind, call in INVALID.items() if run(call, 1)[0] < 400]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"app": module, "start": start, "rates": rates, "missed": missed, "megabytes": memory}


def is_asgi(app: Any) -> bool:
    """Tell whether an app speaks ASGI."""
    return inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)


def rate(run: Run, call: Call, seconds: float) -> float:
    """Return requests per second of CPU time, the best of some rounds; the first answer has to be right."""
    status, body = run(call, 1)
    if status != 200 or not json.loads(body):
        raise SystemExit(f"{call[1]} was answered {status}: {body[:200]!r}")
    run(call, 4 * BATCH)
    best = 0.0
    for _ in range(ROUNDS):
        count, began = 0, time.process_time()
        while (spent := time.process_time() - began) < seconds / ROUNDS:
            run(call, BATCH)
            count += BATCH
        best = max(best, count / spent)
    return best


def wsgi_runner(app: Any) -> Run:
    """Return what makes a call many times, the way a WSGI server does."""

    def run(call: Call, times: int) -> tuple[int, bytes]:
        method, path, query, sent = call
        seen: list[str] = []

        def start(status: str, headers: Any, error: Any = None) -> None:
            seen.append(status)

        for _ in range(times):
            reply = app(environ(method, path, query, sent), start)
            body = b"".join(reply)
            if hasattr(reply, "close"):
                reply.close()
        return int(seen[-1][:3]), body

    return run


def environ(method: str, path: str, query: str, sent: bytes | None) -> dict[str, Any]:
    """Return the surroundings of a request as gunicorn makes them."""
    found: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:8080",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "bench",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent or b""),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **TOKEN,
    }
    if sent is not None:
        found |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(sent))}
    return found


def asgi_runner(app: Any) -> Run:
    """Return what makes a call many times within one loop, the way uvicorn does."""
    try:
        import uvloop
    except ImportError:
        loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    lifespan = loop.create_task(live(app))
    loop.run_until_complete(asyncio.sleep(0.2))

    async def many(call: Call, times: int) -> tuple[int, bytes]:
        for _ in range(times):
            reply = await answered(app, call)
        return reply

    def run(call: Call, times: int) -> tuple[int, bytes]:
        if lifespan.done() and lifespan.exception():
            lifespan.result()
        return loop.run_until_complete(many(call, times))

    return run


async def live(app: Any) -> None:
    """Start the app's life, and never end it."""
    first = asyncio.Queue[dict[str, Any]]()
    first.put_nowait({"type": "lifespan.startup"})

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "lifespan.startup.failed":
            raise SystemExit(message.get("message"))

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, first.get, send)


async def answered(app: Any, call: Call) -> tuple[int, bytes]:
    """Return status and body of one call."""
    method, path, query, sent = call
    headers = [(b"host", b"127.0.0.1:8080"), (b"accept", b"*/*"), (b"user-agent", b"bench")]
    if sent is not None:
        headers += [(b"content-type", b"application/json"), (b"content-length", str(len(sent)).encode())]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8080),
        "state": {},
    }
    messages = iter([{"type": "http.request", "body": sent or b"", "more_body": False}])
    status, body = 0, b""

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        return await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    await app(scope, receive, send)
    return status, body


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 1.0)))
