"""An SSH server of our own on loopback, whose one user is this one, and a command `ssh` that knows it alone."""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import dockerkit
from hostkit import wait_until
from ports import free_port

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class SshHost:
    """Where it listens, and the folder that holds the command `ssh` for PATH."""

    port: int
    commands: Path
    process: subprocess.Popen[bytes]

    def url(self, socket: str = "") -> str:
        """Return the URL of an engine behind it, by the path of its socket."""
        return f"ssh://{getpass.getuser()}@127.0.0.1:{self.port}{socket}"

    def sessions(self) -> list[int]:
        """Return the processes of its connections."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(number) for number in children.read_text().split()]


@contextmanager
def ssh_host(folder: Path, client: Mapping[str, str] = NOTHING, **settings: str) -> Iterator[SshHost]:
    """Run sshd with settings of sshd_config(5); `ssh` has key and host key of the folder, and none of the user's.

    `client` are more settings of that, of ssh_config(5).
    """
    server = dockerkit.needs("/usr/sbin/sshd", "openssh-server")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    port = free_port()
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    own = {
        "ListenAddress": "127.0.0.1",
        "Port": str(port),
        "HostKey": f"{folder}/host",
        "AuthorizedKeysFile": f"{folder}/user.pub",
        "PidFile": "none",
        "StrictModes": "no",
        "UsePAM": "no",
        "AuthenticationMethods": "publickey",
        "PermitRootLogin": "prohibit-password",
        **settings,
    }
    (folder / "sshd").write_text("".join(f"{name} {value}\n" for name, value in own.items()))
    known = {
        "IdentityFile": f"{folder}/user",
        "IdentitiesOnly": "yes",
        "UserKnownHostsFile": f"{folder}/known",
        **client,
    }
    (folder / "client").write_text("".join(f"{name} {value}\n" for name, value in {**known, **client}.items()))
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(f'#!/bin/sh\nexec /usr/bin/ssh -F "{folder}/client" "$@"\n')
    (folder / "bin" / "ssh").chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)  # where sshd goes to have no rights, which Debian's service makes
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([server, "-D", "-e", "-f", folder / "sshd"], stdout=log, stderr=log)
    try:
        dockerkit.listens(f"127.0.0.1:{port}", process)
        host = SshHost(port, folder / "bin", process)
        wait_until(lambda: not host.sessions(), "the look at the port stays")
        yield host
    finally:
        process.terminate()
        process.wait(60)
