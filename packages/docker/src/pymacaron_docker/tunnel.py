"""The way to a Docker engine behind SSH: one connection that carries the engine's socket, and ports of its host."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, cast
from urllib.parse import urlsplit

from pymacaron.exceptions import DeployError

__all__ = ["Tunnel"]

ENGINE_SOCKET = "/var/run/docker.sock"
CONNECT_SECONDS = 15
ANSWER_SECONDS = 30

OPTIONS = (
    "BatchMode=yes",  # a question would wait for an answer that nobody gives
    f"ConnectTimeout={CONNECT_SECONDS}",
    "ControlPersist=no",
    "ExitOnForwardFailure=yes",
    "ServerAliveInterval=15",
)


class Tunnel:
    """A connection by the command `ssh`, with what its configuration and agent know of the host.

    The URL is `ssh://[user@]host[:port][/path/of/the/engine's/socket]`. It ends with `close()`, or with this process,
    however that ends. Raises DeployError where ssh cannot connect.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        place = urlsplit(url)
        self._host = place.hostname or ""
        self._whereto = [
            *(["-l", place.username] if place.username else []),
            *(["-p", str(place.port)] * bool(place.port)),
        ]
        self._folder = Path(tempfile.mkdtemp(prefix="pym-ssh-"))
        self.socket = self._folder / "docker.sock"
        self._ports: dict[int, int] = {}
        self._process = self._connected(place.path.rstrip("/") or ENGINE_SOCKET)

    def port(self, port: int) -> int:
        """Return a port of this machine's loopback that leads to one of the host's; raises DeployError."""
        if port not in self._ports:
            local = _free_port()
            self._ask("forward", "-L", f"127.0.0.1:{local}:127.0.0.1:{port}")
            self._ports[port] = local
        return self._ports[port]

    def close(self) -> None:
        """End the connection."""
        with suppress(OSError):
            self._process.communicate(timeout=ANSWER_SECONDS)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _connected(self, engine: str) -> subprocess.Popen[bytes]:
        """Start `cat` on the host, which repeats a line once all is there, and ends when this process does."""
        options = ["-M", "-L", f"{self.socket}:{engine}"]
        process = subprocess.Popen(
            self._command(*options, "--", self._host, "cat"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which may have something to take back
        )
        sent, repeated = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))
        with suppress(BrokenPipeError):
            sent.write(b"\n")
            sent.flush()
        if repeated.readline() != b"\n":
            _, told = process.communicate(timeout=ANSWER_SECONDS)
            shutil.rmtree(self._folder, ignore_errors=True)
            raise self._failed("cannot connect", told)
        return process

    def _ask(self, *request: str) -> None:
        """Have the connection that is there do something more."""
        done = subprocess.run(
            self._command("-O", *request, self._host),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=ANSWER_SECONDS,
            check=False,
        )
        if done.returncode:
            raise self._failed("does not forward a port", done.stderr)

    def _command(self, *arguments: str) -> Sequence[str]:
        if (ssh := shutil.which("ssh")) is None:
            raise DeployError(f"{self.url} needs the command ssh: install OpenSSH's client")
        options = [word for option in (*OPTIONS, f"ControlPath={self._folder}/control") for word in ("-o", option)]
        return [ssh, *options, *self._whereto, *arguments]

    def _failed(self, what: str, told: bytes) -> DeployError:
        lines = told.decode(errors="replace").strip().splitlines()
        reason = lines[-1].strip() if lines else "it tells nothing"
        return DeployError(f"ssh {what} to {self.url} ({reason}): see that 'ssh {self._host}' works without a question")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
