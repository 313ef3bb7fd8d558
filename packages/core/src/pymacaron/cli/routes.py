"""`pym routes`: the operations of the service, or of any OpenAPI document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pymacaron.cli.context import Context
from pymacaron.cli.output import print_json, print_table

if TYPE_CHECKING:
    from pymacaron.spec import Document

__all__ = ["routes"]


@click.command()
@click.argument("document", type=click.Path(path_type=Path), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects.")
@click.option("--strict", is_flag=True, help="Fail where the document has any problem.")
@click.pass_obj
def routes(context: Context, document: Path | None, as_json: bool, strict: bool) -> None:
    """List operations, of the service or a DOCUMENT.

    Problems of a DOCUMENT are told on stderr and its operations listed all the same, unless --strict is given.
    """
    listed = of_document(document, strict=strict) if document else of_service(context)
    if as_json:
        print_json(listed)
    elif listed:
        print_table([[row["method"], row["path"], row["handler"] or "-", row["operation_id"] or "-"] for row in listed])


def of_document(path: Path, *, strict: bool) -> list[dict[str, Any]]:
    """Return the operations of one document; raises SpecError where it is none or, with `strict`, has any problem."""
    from pymacaron.exceptions import SpecError
    from pymacaron.spec import read_document

    document, problems = read_document(path)
    if document is not None and document.defaults and all(problem.warning for problem in problems):
        from pymacaron.models.defaults import wrong_defaults

        problems += wrong_defaults(document)
    if document is None or (strict and problems):
        raise SpecError(*map(str, problems))
    for problem in problems:
        click.echo(f"{'Warning' if problem.warning else 'Error'}: {problem}", err=True)
    return described(document)


def of_service(context: Context) -> list[dict[str, Any]]:
    """Return the operations of all APIs of the service, those that plugins bring included."""
    service = context.service()
    service.load_apis(service.config.apis)
    for document in service.hooks.apis(service.config):
        service.load_document(document.name, document.path)
    ignored = bool(service.config.ignore_base_path)
    return [row for pool in service.pools.values() for row in described(pool.document, ignore_base_path=ignored)]


def described(document: Document, *, ignore_base_path: bool = False) -> list[dict[str, Any]]:
    """Return the operations of a document as plain objects."""
    return [
        {
            "method": operation.method.upper(),
            "path": operation.full_paths(ignore_base_path=ignore_base_path)[0],
            "operation_id": operation.operation_id,
            "handler": operation.binding.server,
            "api": document.name,
        }
        for operation in document.operations
    ]
