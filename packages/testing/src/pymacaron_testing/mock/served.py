"""A mock in a test: in process, and on a port of 127.0.0.1 once its URL is asked for."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.serving import make_server

from pymacaron_testing.mock.app import mock_app

__all__ = ["ServedMock"]

POLL_SECONDS = 0.05


class ServedMock:
    """The mock of some documents, until `close()`."""

    def __init__(self, documents: Sequence[str], options: Mapping[str, Any]) -> None:
        self.app = mock_app([Path(document).absolute() for document in documents], **options)
        self._closing: list[Any] = [self.app.extensions["pymacaron"].close]

    @property
    def client(self) -> FlaskClient:
        """Flask's test client, in process."""
        return self.app.test_client()

    @cached_property
    def url(self) -> str:
        """The base URL of a server in a thread."""
        server = make_server("127.0.0.1", 0, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=[POLL_SECONDS], daemon=True)
        thread.start()
        self._closing += [server.server_close, thread.join, server.shutdown]
        return f"http://127.0.0.1:{server.port}"

    def close(self) -> None:
        """Stop the server and give the mock up."""
        while self._closing:
            self._closing.pop()()
