"""`pym serve`: serve the folder as in production, by gunicorn or granian."""

from __future__ import annotations

import click

from pymacaron.cli.context import Context
from pymacaron.cli.run import tell_of_server_file

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default PYM_SERVER_PORT, PORT, `port` or 8080.")
@click.option("--server", type=click.Choice(["gunicorn", "granian"]), help="By default `server`, else gunicorn.")
@click.option("--workers", type=click.IntRange(1), help="Processes; by default WEB_CONCURRENCY, else one a processor.")
@click.option("--threads", type=click.IntRange(1), default=4, show_default=True, help="Threads of each process.")
@click.option("--strict", is_flag=True, help="Refuse documents that are served with warnings otherwise.")
@click.pass_obj
def serve(
    context: Context,
    host: str | None,
    port: int | None,
    server: str | None,
    workers: int | None,
    threads: int,
    strict: bool,
) -> None:
    """Serve this folder as in production."""
    from pymacaron.app import create_app
    from pymacaron.log import configure_logging
    from pymacaron.report.sharing import shared_metrics
    from pymacaron.servers.serving import serving
    from pymacaron.servers.start import start

    configure_logging()
    with shared_metrics(context.root, context.env):
        app = create_app(context.root, env=context.env, strict=strict)
        tell_of_server_file(context.root)
        service = app.extensions["pymacaron"]
        configure_logging(service.config.log_level, service.config.log_format)
        start(app, service, serving(service.config, server, host, port, workers, threads))
