"""The development server: one process that starts again when code or documents change."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from werkzeug.serving import run_simple

from pymacaron.exceptions import ConfigError, StartError
from pymacaron.servers.address import LOOPBACK, base_url, refuse_taken_port

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["serve"]


def serve(app: Flask, service: Service, host: str, port: int, *, debug: bool = False, reload: bool = False) -> None:
    """Serve an app until interrupted; raises StartError where the port is taken, ConfigError for an unsafe debugger."""
    if debug and host not in LOOPBACK:
        raise ConfigError(f"debug mode runs code for whoever reaches it, and {host} is not this machine: use 127.0.0.1")
    if not is_reloaded():
        refuse_taken_port(host, port)
        print_urls(service, host, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if is_reloaded() or not reload:
        service.start()
    app.debug = debug
    try:
        run_simple(
            host,
            port,
            app,
            use_reloader=reload,
            use_debugger=debug,
            threaded=True,
            extra_files=[str(path) for path in documents(service)] if reload else None,
        )
    finally:
        service.stop()


def is_reloaded() -> bool:
    """Return whether this is the process that serves under a reloader."""
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true"


def wait_for_change(root: Path, error: StartError, host: str, port: int) -> None:
    """Answer 503 in place of a service that does not start any more, until a file of its folder changes."""
    click.echo(f"{error}\nwaiting for a change...", err=True)

    def broken(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"The service does not start: see its terminal.\n"]

    files = [str(path) for pattern in ("*.py", "*.yaml", "*.yml", "*.json") for path in root.rglob(pattern)]
    run_simple(host, port, broken, use_reloader=True, extra_files=files)


def print_urls(service: Service, host: str, port: int) -> None:
    """Say where the service is and how to call it first."""
    base = base_url(host, port)
    click.echo(f"{service.name} {service.version} serves on {base} (stop it with Ctrl-C)", err=True)
    urls = list(_urls(service))
    for method, path in urls:
        click.echo(f"  {method:7} {base}{path}", err=True)
    plain = [path for method, path in urls if method == "GET" and "{" not in path]
    click.echo(f"try: curl -s {base}{plain[0] if plain else '/ping'}", err=True)


def documents(service: Service) -> Iterator[Path]:
    """Yield every file that a change of must start the service again, beside its Python modules."""
    yield from service.root.glob("pym-config*.yaml")
    for pool in service.pools.values():
        yield from pool.document.files


def _urls(service: Service) -> Iterator[tuple[str, str]]:
    ignored = bool(service.config.get("ignore_base_path"))
    for pool in service.pools.values():
        for operation in pool.document.operations:
            if operation.binding.server:
                yield operation.method.upper(), operation.full_paths(ignore_base_path=ignored)[0]
