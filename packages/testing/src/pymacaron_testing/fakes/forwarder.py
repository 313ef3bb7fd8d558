"""A process that hands each connection on to the port of 127.0.0.1 that a file names at that time."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

__all__ = ["main"]


def main(port: int, file: Path) -> None:
    """Listen on a port for as long as the process runs."""
    with socket.create_server(("127.0.0.1", port)) as server:
        while True:
            caller, _ = server.accept()
            threading.Thread(target=hand_on, args=(caller, file), daemon=True).start()


def hand_on(caller: socket.socket, file: Path) -> None:
    """Carry what both ends say until one has ended; a connection to nothing is closed."""
    with (
        caller,
        suppress(OSError, ValueError),
        socket.create_connection(("127.0.0.1", int(file.read_text())), timeout=5) as service,
    ):
        service.settimeout(None)
        back = threading.Thread(target=carry, args=(service, caller), daemon=True)
        back.start()
        carry(caller, service)
        back.join()


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes in one direction to their end."""
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
