"""The names by which clients call operations.

| in the document | function of the client |
|---|---|
| `x-bind-client: do_login` | `do_login` |
| `operationId: listPets`, `list-pets`, `pets/list` | `list_pets`, `list_pets`, `pets_list` |
| `operationId: shop.api.list_pets` | `list_pets` |
| `operationId: import`, `2fa` | `import_`, `call_2fa` |
| none of the two | the operation cannot be called |
"""

from __future__ import annotations

import keyword
import re
import unicodedata

from pymacaron.exceptions import SpecError
from pymacaron.http.names import underscored
from pymacaron.spec import Document, Operation

__all__ = ["operation_names"]

HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def operation_names(document: Document) -> dict[str, Operation]:
    """Return the operations that can be called, by name; raises SpecError for names that are none or are one."""
    found: dict[str, Operation] = {}
    problems: list[str] = []
    for operation in document.operations:
        name = _name(operation, problems)
        if name is None:
            continue
        first = found.setdefault(name, operation)
        if first is not operation:
            problems.append(
                f"{operation.place}: {operation.method.upper()} {operation.path} is called '{name}' by clients, as is "
                f"{first.method.upper()} {first.path} at {first.place}: give one of them an 'x-bind-client'"
            )
    if problems:
        raise SpecError(*problems)
    return found


def _name(operation: Operation, problems: list[str]) -> str | None:
    bound = operation.binding.client
    if bound is None:
        return pythonic(operation.operation_id) if operation.operation_id else None
    if bound.isidentifier() and not keyword.iskeyword(bound) and not bound.startswith("_"):
        return unicodedata.normalize("NFKC", bound)
    problems.append(
        f"{operation.place.child('x-bind-client')}: 'x-bind-client: {bound}' is no name of a function such as do_login"
    )
    return None


def pythonic(operation_id: str) -> str:
    """Return the name of a function for an operationId."""
    parts = operation_id.split(".")
    last = parts[-1] if all(part.isidentifier() for part in parts) else operation_id
    words = underscored(HUMP.sub("_", unicodedata.normalize("NFKC", last)))
    name = re.sub("_+", "_", words).strip("_").lower()
    if not name or not name.isidentifier():
        name = f"call_{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) else name
