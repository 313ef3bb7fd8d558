"""`pym run`: serve the folder while it is being written."""

from __future__ import annotations

from pathlib import Path

import click

from pymacaron.cli.context import Context
from pymacaron.exceptions import StartError

__all__ = ["run", "tell_of_server_file"]


def tell_of_server_file(root: Path) -> None:
    """Say that a server.py, with whatever it adds to the app, is not run by `pym`."""
    if (root / "server.py").exists():
        click.echo(
            "server.py is not run by pym: for what it adds, use python server.py or gunicorn server:app", err=True
        )


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default PYM_SERVER_PORT, PORT, `port` or 8080.")
@click.option("--reload/--no-reload", "watch", default=True, help="Start again when code or a document changes.")
@click.option("--strict", is_flag=True, help="Refuse documents that are served with warnings otherwise.")
@click.pass_obj
def run(context: Context, host: str | None, port: int | None, watch: bool, strict: bool) -> None:
    """Serve this folder while you write.

    Needs no server.py, and starts again when code or a document changes.
    """
    from pymacaron.app import create_app
    from pymacaron.log import configure_logging
    from pymacaron.servers import development, reload
    from pymacaron.servers.address import address

    configure_logging()
    if watch and not reload.is_child():
        config = context.service().config
        reload.keep_serving(*address(config, host, port))
    try:
        app = create_app(context.root, env=context.env, strict=strict)
    except StartError as error:
        if not reload.is_restarted():
            raise
        development.wait_for_change(context.root, error, *address(None, host, port))
        return
    tell_of_server_file(context.root)
    service = app.extensions["pymacaron"]
    configure_logging(service.config.log_level, service.config.log_format)
    development.serve(app, service, *address(service.config, host, port), debug=context.debug, watch=watch)
