"""The command line of a service's own server.py."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from pymacaron.cli import rendered
from pymacaron.exceptions import StartError
from pymacaron.server import run_callback
from pymacaron.servers import reload
from pymacaron.servers.address import address
from pymacaron.servers.development import wait_for_change

__all__ = ["run_server"]


def run_server(callback: Callable[..., Any]) -> None:
    """Read --port, --env and --debug/--no-debug from the command line and start the service; ends the process."""

    @click.command()
    @click.option(
        "--port", type=click.IntRange(1, 65535), help="Port; by default PYM_SERVER_PORT, PORT, `port` or 8080."
    )
    @click.option("--env", help="Use pym-config.<env>.yaml.")
    @click.option("--debug/--no-debug", default=False, help="Reload on changes, show tracebacks.")
    def server(port: int | None, env: str | None, debug: bool) -> None:
        """Serve this service for development."""
        with rendered():
            try:
                run_callback(callback, port, env, debug)
            except StartError as error:
                if not reload.is_restarted():
                    raise
                wait_for_change(Path.cwd(), error, *address(None, None, port))

    server(prog_name=f"python {sys.argv[0]}")
