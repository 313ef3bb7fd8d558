"""Requests of the pipeline to a release: what a target has them carry goes nowhere else."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pymacaron_docker.pipeline.outside import release_at

Serve = Callable[[str], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve what redirects to a URL, or with "" tells as its release the token of a request; give its own URL."""
    with ExitStack() as stack:

        def made(elsewhere: str) -> str:
            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    body = json.dumps({"release": self.headers.get("X-Token", "none")}).encode()
                    self.send_response(302 if elsewhere else 200)
                    self.send_header("Location", f"{elsewhere}/version")
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is that of the base
                    pass

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            return f"http://127.0.0.1:{server.server_address[1]}"

        yield made


def test_a_token_goes_to_the_url_of_the_target_and_to_none_that_it_redirects_to(serve: Serve) -> None:
    release = serve("")
    assert release_at(release, {"X-Token": "secret"}) == "secret"
    assert release_at(serve(release), {"X-Token": "secret"}) == "none"
