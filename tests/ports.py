"""Ports of 127.0.0.1 for servers of tests, each given to one test alone."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress

__all__ = ["free_port"]

PORTS = range(20000, 32768)
"""Between those that pages of docs name, and those that Linux gives to whoever asks for any, maybe again at once."""


def free_port() -> int:
    """Return a port that nobody listens on, and that is given to nobody else for a minute, in no process.

    A connection that was closed there stays in TIME_WAIT, in which a server can listen on the port (SO_REUSEADDR,
    which servers set) but nobody can take it as one that is free.
    """
    while True:
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port := secrets.choice(PORTS)))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.listen()
            with socket.create_connection(("127.0.0.1", port)):
                listener.accept()[0].close()
            return port
