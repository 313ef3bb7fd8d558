"""What OpenAPI says of null and of discriminators in the words of JSON Schema, and where schemas move by that."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pymacaron.models.heirs import Heirs, heirs_of
from pymacaron.models.merge import says_null
from pymacaron.models.unions import tags_of
from pymacaron.spec import Schema

__all__ = ["ITSELF", "NULL", "Moves", "by_heirs", "moved", "moves_of", "reworded"]

NULL: dict[str, Any] = {"enum": [None]}
ITSELF = "x-itself"
"""Where a schema that has heirs says what it is by itself."""
_WRAPPED = ("allOf", "anyOf", "oneOf", "not", "const")
_UNIONS = ("oneOf", "anyOf")

Moves = dict[tuple[str, ...], tuple[int, tuple[str, ...]]]
"""From a pointer to how many of its last tokens are replaced, and by which."""


def reworded(node: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return a schema that says by itself what `discriminator` and `nullable` add to it."""
    _discriminate(node, schema)
    return _nullable(node) if says_null(schema) else node


def by_heirs(node: dict[str, Any], heirs: Heirs, url: Callable[[Schema], str], itself: str) -> dict[str, Any]:
    """Return a base whose discriminator chooses an heir; what it is by itself moves one level down."""
    by_heir: dict[Schema, list[str]] = {}
    for tag, heir in heirs.tags.items():
        by_heir.setdefault(heir, []).append(tag)
    choices = [
        {
            "allOf": [{"$ref": itself if heir == heirs.base else url(heir)}],
            **_named(heirs.name, tags),
        }
        for heir, tags in by_heir.items()
    ]
    if heirs.default is not None:
        default = {"$ref": itself if heirs.default == heirs.base else url(heirs.default)}
        choices.append({"allOf": [default], "not": {"type": "object", **_named(heirs.name, list(heirs.tags))}})
    return {ITSELF: node, "anyOf": [*([NULL] if says_null(heirs.base) else []), *choices]}


def moves_of(schema: Schema) -> Moves:
    """Return where the schemas directly inside a schema stand once it is reworded."""
    found: Moves = {}
    pointer = schema.place.pointer
    lead: tuple[str, ...] = ("anyOf", "1") if says_null(schema) else ()
    if heirs_of(schema) is not None:
        return {(*pointer, word): (1, (ITSELF, *(lead if word in _WRAPPED else ()), word)) for word in schema.keywords}
    tags = tags_of(schema)
    for word in _WRAPPED if lead or tags else ():
        if word not in schema.siblings:
            continue
        if tags and word in _UNIONS:
            for place, index in enumerate(sorted(tags.by_branch)):
                found[(*pointer, word, str(index))] = (2, (*lead, "anyOf", str(place), "allOf", "0"))
        elif lead:
            found[(*pointer, word)] = (1, (*lead, word))
    return found


def moved(pointer: tuple[str, ...], moves: Moves) -> list[str]:
    """Return a pointer as it is once all schemas are reworded."""
    tokens: list[str] = []
    for index, token in enumerate(pointer, 1):
        tokens.append(token)
        count, others = moves.get(pointer[:index], (0, ()))
        if count:
            tokens[-count:] = others
    return tokens


def _discriminate(node: dict[str, Any], schema: Schema) -> None:
    """Let a discriminator choose the branch of a union by its tags, whatever else the other branches accept."""
    tags = tags_of(schema)
    word = next((word for word in _UNIONS if isinstance(node.get(word), list)), "")
    if not tags or not word:
        return
    branches = node.pop(word)
    node["anyOf"] = [
        {"allOf": [branches[index]], **_named(tags.name, tags.by_branch[index])} for index in sorted(tags.by_branch)
    ]
    if tags.default is not None:
        node["anyOf"].append(
            {"allOf": [branches[tags.default]], "not": {"type": "object", **_named(tags.name, tags.known)}}
        )


def _named(name: str, tags: list[str]) -> dict[str, Any]:
    """Return a schema of objects whose property is one of the tags."""
    return {"properties": {name: {"enum": tags}}, "required": [name]}


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """Accept null beside whatever a schema accepts."""
    node = dict(node)
    if isinstance(node.get("type"), str | list):
        types = [node["type"]] if isinstance(node["type"], str) else list(node["type"])
        node["type"] = [*types, "null"] if "null" not in types else types
    if isinstance(node.get("enum"), list) and None not in node["enum"]:
        node["enum"] = [*node["enum"], None]
    wrapped = {word: node.pop(word) for word in _WRAPPED if word in node}
    return {**node, "anyOf": [NULL, wrapped]} if wrapped else node
