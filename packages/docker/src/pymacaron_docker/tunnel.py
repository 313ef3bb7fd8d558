"""The way to a Docker engine behind SSH: one connection that carries the engine's socket, and ports of its host."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, cast
from urllib.parse import SplitResult, urlsplit

from pymacaron.exceptions import DeployError

__all__ = ["Tunnel"]

ENGINE_SOCKET = "/var/run/docker.sock"
CONNECT_SECONDS = 15
ANSWER_SECONDS = 30
CLOSE_SECONDS = 2
FOLDER = re.compile(r"[A-Za-z0-9_./+-]{1,40}")
"""A folder for sockets: ssh reads spaces, % and : in a path, and adds to one, which has 107 bytes at most (unix(7))."""
ATTEMPTS = 3

CONNECTION = (
    "BatchMode=yes",  # a question would wait for an answer that nobody gives
    "ClearAllForwardings=yes",  # those of the user's configuration are in use where they are connected already
    f"ConnectTimeout={CONNECT_SECONDS}",
    "ControlMaster=yes",
    "ControlPersist=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "ServerAliveInterval=15",
    "StreamLocalBindUnlink=yes",
)
"""What the connection is, whatever ssh_config(5) says of the host."""

SINCE_8_7 = ("ForkAfterAuthentication=no", "SessionType=default", "StdinNull=no")
"""More of that, in words that OpenSSH before 8.7 does not know, as little as what they undo."""


class Tunnel:
    """A connection by the command `ssh`, with what its configuration and agent know of the host.

    The URL is `ssh://[user@]host[:port][/path/of/the/engine's/socket]`. It ends with `close()`, or with this process,
    however that ends; `renew()` makes it anew where it broke. Raises DeployError for another URL, one with a password,
    and where ssh cannot connect.
    """

    def __init__(self, url: str) -> None:
        place = _place(url)
        self._whereto = f"ssh://{place.netloc}"  # hosts of ssh_config(5) are told apart by upper and lower case
        self._engine = place.path.rstrip("/") or ENGINE_SOCKET
        found = shutil.which("ssh")
        if found is None:
            raise DeployError(f"{url} needs the command ssh: install OpenSSH's client")
        self._ssh = found
        other = None if FOLDER.fullmatch(tempfile.gettempdir()) else "/tmp"  # noqa: S108 - for its own new folder
        self._folder = Path(tempfile.mkdtemp(prefix="pym-ssh-", dir=other))
        self.socket = self._folder / "docker.sock"
        self._ports: dict[int, int] = {}
        try:
            self._process = self._connected()
        except BaseException:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise

    @property
    def advice(self) -> str:
        """What to look at where the engine behind it does not answer."""
        return (
            f"see that 'ssh {self._whereto} docker version' works, that its engine listens on {self._engine}, and that "
            "sshd forwards sockets and ports"
        )

    def port(self, port: int) -> int:
        """Return a port of this machine's loopback that leads to one of the host's; raises DeployError."""
        self.renew()
        for attempt in range(ATTEMPTS):
            if port not in self._ports:
                try:
                    self._forward_port(port, _free_port())
                except DeployError:  # somebody may have been faster
                    if attempt == ATTEMPTS - 1:
                        raise
        return self._ports[port]

    @property
    def lost(self) -> bool:
        """Whether the connection broke."""
        return self._process.poll() is not None

    def renew(self) -> None:
        """Connect anew where the connection broke, by the same socket and the ports still free; raises DeployError."""
        if self.lost:
            _end(self._process)
            (self._folder / "control").unlink(missing_ok=True)
            self._process = self._connected()

    def close(self) -> None:
        """End the connection, whoever still reads from it."""
        _end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _connected(self) -> subprocess.Popen[bytes]:
        """Start `cat` on the host, which repeats a word once it is reached, and ends when this process does."""
        known = not self._ask(*self._options(*SINCE_8_7), "-G").returncode
        options = self._options(*CONNECTION, *(SINCE_8_7 if known else ()))
        process = subprocess.Popen(
            [self._ssh, *options, "--", self._whereto, "cat"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which may have something to take back
        )
        try:
            self._reach(process)
            self._forward(f"{self.socket}:{self._engine}")
            for port in list(self._ports):
                with suppress(DeployError):  # somebody may have it by now: who asks next gets another
                    self._forward_port(port, self._ports.pop(port))
        except BaseException:
            _end(process)
            raise
        return process

    def _reach(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a word comes back, which a shell may greet before."""
        sent, repeated = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))
        word = secrets.token_hex(8).encode() + b"\n"
        with suppress(BrokenPipeError):
            sent.write(word)
            sent.flush()
        limit = threading.Timer(ANSWER_SECONDS, _kill, [process])
        limit.start()
        try:
            reached = any(line == word for line in iter(repeated.readline, b""))
        finally:
            limit.cancel()
        if not reached:
            raise self._failed("cannot connect", _end(process) or b"it does not run cat")

    def _forward_port(self, port: int, local: int) -> None:
        self._forward(f"127.0.0.1:{local}:127.0.0.1:{port}")
        self._ports[port] = local

    def _forward(self, what: str) -> None:
        """Have the connection that is there forward something."""
        done = self._ask(*self._options("StreamLocalBindUnlink=yes"), "-O", "forward", "-L", what)
        if done.returncode:
            raise self._failed("does not forward anything", done.stderr)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run ssh for something that no configuration has a say in."""
        try:
            return subprocess.run(
                [self._ssh, "-F", "/dev/null", *words, "--", self._whereto],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=ANSWER_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._failed("cannot talk", b"it does not answer") from None

    def _options(self, *options: str) -> list[str]:
        return [word for option in (*options, f"ControlPath={self._folder}/control") for word in ("-o", option)]

    def _failed(self, what: str, told: bytes) -> DeployError:
        lines = told.decode(errors="replace").strip().splitlines()
        reason = lines[-1].strip() if lines else "it tells nothing"
        return DeployError(
            f"ssh {what} to {self._whereto} ({reason}): "
            f"see that 'ssh {self._whereto} cat' asks nothing, and repeats what it reads"
        )


def _place(url: str) -> SplitResult:
    """Return the parts of a URL; no sentence repeats what may be a password."""
    host = url.removeprefix("ssh://").rpartition("@")[2]
    with suppress(ValueError):
        place = urlsplit(url)
        if not (place.hostname or "-").startswith("-") and place.port != 0:
            if place.password is None:
                return place
            raise DeployError(
                f"the URL of the Docker engine at ssh://{host} has a password, which ssh never takes from there: "
                "remove it, and let the user in by a key"
            )
    raise DeployError(
        f"ssh://{host} leads to no Docker engine: write ssh://[user@]host[:port][/path/of/the/engine's/socket]"
    )


def _end(process: subprocess.Popen[bytes]) -> bytes:
    """End a connection, by force after some seconds, and return what it complained of."""
    with process:  # in the end its pipes are closed, whoever else holds them
        for _ in range(2):
            with suppress(subprocess.TimeoutExpired):
                return process.communicate(timeout=CLOSE_SECONDS)[1]
            _kill(process)
    return b""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a connection and what it started, such as a ProxyCommand."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
