"""The names by which clients call operations, where all of them have one of their own."""

from __future__ import annotations

from pymacaron.client.names import operation_names
from pymacaron.exceptions import SpecError
from pymacaron.spec import Document, Operation

__all__ = ["client_names"]


def client_names(document: Document) -> dict[str, Operation]:
    """Return the operations that can be called, by name; none of a document that clients refuse to load."""
    try:
        return operation_names(document)
    except SpecError:
        return {}
