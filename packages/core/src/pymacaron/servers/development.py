"""The development server: says what it serves, logs every request, and starts again on a change."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from werkzeug.serving import WSGIRequestHandler, make_server

from pymacaron.exceptions import StartError
from pymacaron.http import watch as watching
from pymacaron.log import masked
from pymacaron.servers import reload
from pymacaron.servers.address import base_url, refuse_taken_port
from pymacaron.servers.background import background_processes

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["serve", "wait_for_change"]


def serve(app: Flask, service: Service, host: str, port: int, *, debug: bool = False, watch: bool = False) -> None:
    """Serve an app until TERM or Ctrl-C, and with `watch` again after every change; ends the process with `watch`.

    Raises StartError where the port is taken, or what a start-up function raises.
    """
    if watch and not reload.is_child():
        reload.keep_serving(host, port)
    if not reload.is_child():
        refuse_taken_port(host, port)
    app.debug = debug
    if app.config["PROPAGATE_EXCEPTIONS"] is None:
        app.config["PROPAGATE_EXCEPTIONS"] = False  # no debugger waits for them behind this server
    watching.install(app, service, log_calls=True)
    try:
        service.start()
        print_urls(service, host, port, debug=debug)
        with background_processes(service):
            changed = listen(app, host, port, watched(service) if watch else None)
    finally:
        service.stop()
    if changed:
        sys.exit(reload.AGAIN)


def wait_for_change(root: Path, error: StartError, host: str, port: int) -> None:
    """Answer 503 in place of a service that does not start any more, until a file of its folder changes."""
    click.echo(f"{masked(str(error))}\nwaiting for a change...", err=True)

    def broken(environ: object, start_response: Callable[..., object]) -> list[bytes]:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"The service does not start: see its terminal.\n"]

    if listen(broken, host, port, lambda: reload.files_below(root)):
        sys.exit(reload.AGAIN)


def listen(application: Any, host: str, port: int, files: Callable[[], Iterator[Path]] | None) -> bool:
    """Answer requests until TERM, Ctrl-C, or a change of the files that are watched; return whether it was a change."""
    socket = reload.inherited_socket()
    server = make_server(host, port, application, threaded=True, request_handler=RequestHandler, fd=socket)
    watcher = reload.Watcher(files, server.shutdown) if files else None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.serve_forever()
    finally:
        server.server_close()
    return watcher is not None and watcher.changed is not None


class RequestHandler(WSGIRequestHandler):
    """Leaves the line of each request to the access log, and writes none of a service that does not start."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""


def print_urls(service: Service, host: str, port: int, *, debug: bool = False) -> None:
    """Say where the service is and how to call it first."""
    base = base_url(host, port)
    version = "" if service.version == "unknown" else f" {service.version}"
    click.echo(f"{service.name}{version} serves on {base} (Ctrl-C stops it)", err=True)
    if not debug:
        click.echo("texts of exceptions stay out of its log and replies: --debug shows them", err=True)
    urls = list(_urls(service))
    for method, path, _ in urls:
        click.echo(f"  {method:7} {base}{path}", err=True)
    plain = [path for method, path, is_open in urls if is_open and method == "GET" and "{" not in path]
    click.echo(f"try: curl -s {base}{plain[0] if plain else '/ping'}", err=True)


def watched(service: Service) -> Callable[[], Iterator[Path]]:
    """Return what lists the files of which a change starts the service again."""
    outside = [file for pool in service.pools.values() for file in pool.document.files]

    def files() -> Iterator[Path]:
        yield from reload.files_below(service.root)
        yield from outside

    return files


def _urls(service: Service) -> Iterator[tuple[str, str, bool]]:
    """Give method, path and whether anybody may call it, of each operation."""
    ignored = bool(service.config.get("ignore_base_path"))
    for pool in service.pools.values():
        for operation in pool.document.operations:
            if operation.binding.server:
                is_open = not operation.security or {} in operation.security
                yield operation.method.upper(), operation.full_paths(ignore_base_path=ignored)[0], is_open
