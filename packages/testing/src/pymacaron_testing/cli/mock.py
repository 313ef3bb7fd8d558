"""`pym mock`: serve documents without handlers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from pymacaron.cli.context import Context

__all__ = ["mock"]


@click.command()
@click.argument("documents", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--host", help="Address to listen on; 127.0.0.1 by default.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port; by default PYM_SERVER_PORT, PORT or 8080.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another number gives other values.")
@click.option("--token", help="Accept this credential only, where an operation wants one; any by default.")
@click.pass_obj
def mock(
    context: Context, documents: tuple[Path, ...], host: str | None, port: int | None, seed: int, token: str | None
) -> None:
    """Serve DOCUMENTS, or those of this service, without handlers.

    Requests are judged as in production. Replies are examples of the document, else values made from its schemas; what
    is put into a collection such as /pets is found there again. A caller chooses with a Prefer header: code=404,
    example=NAME, dynamic=true.
    """
    from pymacaron.documents import find_documents
    from pymacaron.log import configure_logging
    from pymacaron.servers import development
    from pymacaron.servers.address import address
    from pymacaron_testing.mock import mock_app, settings_of

    configure_logging()
    settings: dict[str, Any] = {}
    if not documents:
        service = context.service()
        documents = tuple(find_documents(service.root / service.config.apis, service.references).values())
        settings = settings_of(service)
        service.close()
    app = mock_app([path.absolute() for path in documents], seed=seed, token=token, settings=settings)
    development.serve(app, app.extensions["pymacaron"], *address(None, host, port))
