"""Host and port: where they come from, and whether they can be had."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from pymacaron.exceptions import ConfigError, StartError

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["DEFAULT_PORT", "address", "base_url", "default_port", "port_of_environment", "refuse_taken_port", "taken"]

DEFAULT_PORT = 8080


def address(config: Config | None, host: str | None, port: int | None) -> tuple[str, int]:
    """Return what to listen on: what the command line says, else the environment, else pym-config.yaml."""
    host = host or (config and config.get("host")) or "127.0.0.1"
    return host, port or port_of_environment() or (config and config.get("port")) or DEFAULT_PORT


def default_port() -> int:
    """Return the port of the environment, else 8080."""
    return port_of_environment() or DEFAULT_PORT


def port_of_environment() -> int | None:
    """Return the port from PYM_SERVER_PORT or PORT; raises ConfigError for one that is no port."""
    for variable in ("PYM_SERVER_PORT", "PORT"):
        if text := os.environ.get(variable):
            if not text.isdecimal() or not 0 < int(text) < 65536:
                raise ConfigError(f"{variable} should be a port from 1 to 65535: correct or unset it")
            return int(text)
    return None


def base_url(host: str, port: int) -> str:
    """Return the URL of an address."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def refuse_taken_port(host: str, port: int) -> None:
    """Raise StartError where another program listens on the port already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise taken(host, port, error) from None


def taken(host: str, port: int, error: OSError) -> StartError:
    """Return what to say of an address that cannot be had."""
    reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
    return StartError(
        f"port {port} of {host} cannot be had ({reason}): stop the other program, or choose another --port"
    )
