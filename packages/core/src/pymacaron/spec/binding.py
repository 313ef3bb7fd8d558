"""What an operation is bound to: the `x-bind-*` and `x-decorate-*` of a document, its path items and its operations."""

from __future__ import annotations

from collections.abc import Sequence

from pymacaron.spec.cursor import Cursor
from pymacaron.spec.operation import Binding

__all__ = ["read_binding"]


def read_binding(scopes: Sequence[Cursor]) -> Binding:
    """Return the binding of an operation from its scopes: the operation first, then its path item, then the document.

    A handler is the `x-bind-server` of the operation, else its `operationId` in the nearest `x-bind-module`, else an
    `operationId` that is a dotted name.
    """
    operation = scopes[0]
    return Binding(
        server=_server(operation, scopes),
        decorate_server=_nearest(scopes, "x-decorate-server"),
        client=operation.text("x-bind-client"),
        decorate_request=_nearest(scopes, "x-decorate-request"),
        skipped=operation.boolean("x-no-bind-server"),
    )


def _server(operation: Cursor, scopes: Sequence[Cursor]) -> str | None:
    if bound := operation.text("x-bind-server"):
        if not _is_dotted(bound):
            operation.error(f"'x-bind-server: {bound}' is no dotted name such as shop.api.list_pets", "x-bind-server")
        return bound
    operation_id = operation.text("operationId")
    if operation_id is None:
        return None
    module = _nearest(scopes, "x-bind-module")
    if module is None:
        return operation_id if _is_dotted(operation_id) else None
    if not _is_dotted(f"{module}.{operation_id}"):
        step = "rename it, or add an 'x-bind-server'"
        operation.error(f"'{operation_id}' names no function of 'x-bind-module: {module}'; {step}", "operationId")
    return f"{module}.{operation_id}"


def _nearest(scopes: Sequence[Cursor], key: str) -> str | None:
    return next((value for scope in scopes if (value := scope.text(key)) is not None), None)


def _is_dotted(name: str) -> bool:
    parts = name.split(".")
    return len(parts) > 1 and all(part.isidentifier() for part in parts)
