"""What the tests of pymacaron-testing share."""

from __future__ import annotations

import socket

import pytest


@pytest.fixture
def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
