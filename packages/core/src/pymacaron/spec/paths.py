"""A path, its path item, and the parameters that its operations inherit."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pymacaron.spec.cursor import Cursor

__all__ = ["VARIABLE", "PathItem", "check_path", "declared_parameters"]

VARIABLE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class PathItem:
    """A path with its path item: itself and, where it is a reference, what it refers to."""

    path: str
    layers: tuple[Cursor, ...]

    def first(self, key: str) -> Cursor:
        """Return the layer that holds a key, or just the first."""
        return next((layer for layer in self.layers if key in layer), self.layers[0])


def check_path(path: str, written: Cursor) -> None:
    """Note what is wrong with a path itself."""
    names = VARIABLE.findall(path)
    if not path.startswith("/"):
        written.error(f"the path '{path}' does not begin with '/'; write '/{path}'")
    if set("{}") & set(VARIABLE.sub("", path)) or not all(names):
        written.error(f"the path '{path}' has braces that do not match around a name; write them as in '/pets/{{id}}'")
    if len(set(names)) < len(names):
        written.error(f"the path '{path}' names a parameter twice; give each one a name of its own")
    if "?" in path or "#" in path:
        written.warning(f"the path '{path}' holds a '?' or '#', which no request's path can; declare query parameters")


def declared_parameters(item: PathItem, operation: Cursor) -> list[Cursor]:
    """Return the parameters of an operation as written, after those of its path item that it does not override."""
    found: dict[tuple[str, str], Cursor] = {}
    for holder in (item.first("parameters"), operation):
        own: dict[tuple[str, str], Cursor] = {}
        for written in holder.items("parameters"):
            parameter = written.followed()
            name = parameter and parameter.needed("name", "this parameter")
            location = parameter and parameter.needed("in", "this parameter")
            if not name or not location:
                continue
            if (name, location) in own:
                written.warning(f"the parameter '{name}' in '{location}' stands here twice; remove one of the two")
            own[name, location] = written
        found.update(own)
    return list(found.values())
