"""The names by which clients call operations."""

from __future__ import annotations

import keyword
import re
from unicodedata import normalize

from pymacaron.spec import Document, Operation

__all__ = ["client_names"]

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def client_names(document: Document) -> dict[str, Operation]:
    """Return the operations that can be called, by name: `x-bind-client`, else the operationId as Python writes it."""
    found: dict[str, Operation] = {}
    for operation in document.operations:
        name = operation.binding.client or (operation.operation_id and _pythonic(operation.operation_id))
        if name and (name := normalize("NFKC", name)).isidentifier() and not keyword.iskeyword(name):
            found.setdefault(name, operation)
    return {name: operation for name, operation in found.items() if not name.startswith("_")}


def _pythonic(operation_id: str) -> str:
    parts = operation_id.split(".")
    last = parts[-1] if all(part.isidentifier() for part in parts) else operation_id
    words = re.sub(r"\W+", "_", _HUMP.sub("_", normalize("NFKC", last)))
    name = re.sub("_+", "_", words).strip("_").lower()
    if not name or not name.isidentifier():
        name = f"call_{name}".rstrip("_")
    return f"{name}_" if keyword.iskeyword(name) else name
