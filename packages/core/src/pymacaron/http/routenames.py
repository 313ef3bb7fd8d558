"""What Flask's routing calls an operation and the variables of its path: `url_for("shop:get_item", item_id=7)`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container

from pymacaron.http.names import free, identifier
from pymacaron.spec import Document, Operation

__all__ = ["VARIABLE", "endpoint_names", "variable_names"]

VARIABLE = re.compile(r"\{([^{}]*)\}")
OF_WERKZEUG = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*")
TAKEN = {"endpoint"}
"""What url_for() calls its own first argument."""


def endpoint_names(api: str, document: Document, taken: Container[str]) -> dict[tuple[str, str], str]:
    """Return the endpoint of each operation of an API, by its method and path; `taken` holds those of others.

    That is `<api>:<operationId>`, or `<api>:<method> <path>` where there is none, or several operations share one. Dots
    become colons: Flask takes what stands before a dot for the name of a blueprint.
    """
    ids = Counter(_dotless(operation.operation_id or "") for operation in document.operations)
    found: dict[tuple[str, str], str] = {}
    own_names: set[str] = set()
    for operation in document.operations:
        own = _dotless(operation.operation_id or "")
        name = own if own and ids[own] == 1 else _dotless(f"{operation.method} {operation.path}")
        name = f"{_dotless(api)}:{name}"
        while name in taken or name in own_names:
            name += "_"
        own_names.add(name)
        found[operation.method, operation.path] = name
    return found


def variable_names(operation: Operation) -> dict[str, str]:
    """Return the router's name of each variable of an operation's path.

    That is the parameter's keyword where werkzeug takes it, which wants ASCII and a letter first; else v0, v1, ... by
    its place.
    """
    names = list(dict.fromkeys(VARIABLE.findall(operation.path)))
    chosen: dict[str, str] = {}
    for name in names:
        own = identifier(name)
        if OF_WERKZEUG.fullmatch(own) and own not in TAKEN and own not in chosen.values():
            chosen[name] = own
    for index, name in enumerate(names):
        chosen.setdefault(name, free(f"v{index}", set(chosen.values())))
    return chosen


def _dotless(name: str) -> str:
    return name.replace(".", ":")
