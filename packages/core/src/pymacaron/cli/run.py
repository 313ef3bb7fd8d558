"""`pym run`: serve the folder while it is being written."""

from __future__ import annotations

import click

from pymacaron.cli.context import Context
from pymacaron.exceptions import StartError

__all__ = ["run"]


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default PYM_SERVER_PORT, PORT, `port` or 8080.")
@click.option("--reload/--no-reload", default=True, help="Start again when code or a document changes.")
@click.pass_obj
def run(context: Context, host: str | None, port: int | None, reload: bool) -> None:
    """Serve the service of this folder for development, without a server.py."""
    from pymacaron.app import create_app
    from pymacaron.log import configure_logging
    from pymacaron.servers import development
    from pymacaron.servers.address import address

    try:
        app = create_app(context.root, env=context.env)
    except StartError as error:
        if not development.is_reloaded():
            raise
        development.wait_for_change(context.root, error, *address(None, host, port))
        return
    service = app.extensions["pymacaron"]
    configure_logging(service.config)
    development.serve(app, service, *address(service.config, host, port), debug=context.debug, reload=reload)
