"""Schemas of OpenAPI, as one direction sees them, in the words of JSON Schema."""

from __future__ import annotations

from copy import copy
from typing import Any, Literal, Protocol

from pymacaron.models.asserted import asserted, runs
from pymacaron.models.heirs import heirs_of
from pymacaron.models.merge import parts_of, range_of, says_null
from pymacaron.models.moving import NULL, by_heirs, reworded
from pymacaron.models.patterns import BoundedPattern, bounded
from pymacaron.spec import Schema, is_known, schemas_in

__all__ = ["Direction", "Rewriting"]

Direction = Literal["request", "response", "either"]
"""`either` is where a value is looked at by itself: nothing is hidden then, and what may be is not required."""

_NOTHING: dict[str, Any] = {"not": {}}
_LATER = frozenset({"const", "contains", "if", "then", "else", "propertyNames"})
"""What OpenAPI 2.0 and 3.0 documents may hold without a meaning."""
_NAMES = frozenset({"$anchor", "$id", "id"})
_HIDDEN: dict[Direction, tuple[str, ...]] = {
    "request": ("readOnly",),
    "response": ("writeOnly",),
    "either": ("readOnly", "writeOnly"),
}


class Addresses(Protocol):
    """The URLs of schemas: of a place, of what a schema is without its heirs, and of what a reference names."""

    def url(self, schema: Schema) -> str: ...
    def itself(self, schema: Schema) -> str: ...
    def reference(self, schema: Schema) -> str: ...
    def dynamic_reference(self, schema: Schema) -> str: ...


class Rewriting:
    """One file in the making; in an OpenAPI document nothing but the schemas is kept."""

    def __init__(
        self,
        direction: Direction,
        addresses: Addresses,
        api: bool,
        dynamic: bool,
        meaningless: frozenset[str],
    ) -> None:
        self._direction: Direction = direction
        self._addresses = addresses
        self._api = api
        self._dynamic = dynamic
        self._meaningless = meaningless
        self._done: set[tuple[str, ...]] = set()
        self.patterns: dict[str, BoundedPattern] = {}
        """What judges the patterns that became formats, by the names of these."""

    def content(self, tree: Any, schemas: dict[tuple[str, ...], Schema]) -> Any:
        """Return the content of a file with its schemas rewritten, outer ones first."""
        for pointer in sorted(schemas, key=len):
            if pointer not in self._done:
                tree = _placed(tree, pointer, self.rewritten(schemas[pointer]))
        return tree

    def rewritten(self, schema: Schema, hidden: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return a schema in the words of JSON Schema; the `hidden` properties are not required of it."""
        self._done.add(schema.place.pointer)
        new = schema.dialect == "openapi-3.1"
        if "$ref" in schema.keywords and not new:
            node: dict[str, Any] = {"$ref": self._addresses.reference(schema)}
            return {"anyOf": [NULL, node]} if says_null(schema) else node
        node = {word: copy(value) if isinstance(value, dict | list) else value for word, value in self._words(schema)}
        if "$ref" in node:
            node["$ref"] = self._addresses.reference(schema)
        if new and "$dynamicRef" in node:
            node["$dynamicRef"] = self._addresses.dynamic_reference(schema)
        hidden |= _hidden(schema, _HIDDEN[self._direction])
        for tokens, inner in list(schemas_in(node, new)):
            below = hidden if _is_certain(node, tokens[0]) else frozenset[str]()
            kept = isinstance(inner, bool) and new
            _put(node, tokens, inner if kept else self.rewritten(schema.child(*tokens), below))
        _direct(node, hidden, self._direction)
        if (whole := range_of(schema)) is not None:
            node["allOf"] = [*node.get("allOf", ()), {"minimum": whole[0], "maximum": whole[1]}]
        _asserting_only(node, schema)
        self._bound(node)
        node = reworded(node, schema)
        heirs = heirs_of(schema)
        return node if heirs is None else by_heirs(node, heirs, self._addresses.url, self._addresses.itself(schema))

    def _bound(self, node: dict[str, Any]) -> None:
        """Let a pattern that may take long be judged by ourselves, as a format."""
        pattern = node.get("pattern")
        costly = bounded(pattern) if isinstance(pattern, str) else None
        if costly is not None:
            del node["pattern"]
            self.patterns[costly.name] = costly
            node["allOf"] = [*node.get("allOf", []), {"format": costly.name}]

    def _words(self, schema: Schema) -> list[tuple[str, Any]]:
        """Return the keywords that count; names only where references are dynamic."""
        dropped = self._meaningless
        if self._api and schema.dialect != "openapi-3.1":
            dropped |= _LATER
        if not self._dynamic:
            dropped |= {name for name in _NAMES if isinstance(schema.keywords.get(name), str)}
        if not is_known(str(schema.keywords.get("$schema", ""))):
            dropped |= {"$schema"}
        return [(word, value) for word, value in schema.keywords.items() if word not in dropped]


def _is_certain(node: dict[str, Any], word: str) -> bool:
    """Tell whether a value must fit what stands at a keyword: a union may leave it to another branch."""
    if word in ("anyOf", "oneOf"):
        return len(node[word]) == 1
    return word in ("allOf", "then", "else", "dependentSchemas", "dependencies")


def _hidden(schema: Schema, words: tuple[str, ...]) -> frozenset[str]:
    """Return the properties of a schema, or of what it combines, that are not there in one direction."""
    if not schema.keywords.keys() & {"properties", "allOf"}:
        return frozenset()
    return frozenset(
        name
        for part in parts_of(schema)
        if isinstance(part.siblings.get("properties"), dict)
        for name, inner in part.children("properties").items()
        if any(each.siblings.get(word) is True for each in parts_of(inner) for word in words)
    )


def _direct(node: dict[str, Any], hidden: frozenset[str], direction: Direction) -> None:
    """Take away what is not there in one direction; what is mandatory by extension is required."""
    properties = node.get("properties")
    required = node.get("required")
    names = list(required) if isinstance(required, list) else []
    if isinstance(properties, dict):
        for name, inner in properties.items():
            if name in hidden and direction == "request":
                properties[name] = _NOTHING
            if isinstance(inner, dict) and inner.get("x-mandatory") is True and name not in names:
                names.append(name)
    for word in ("dependentRequired", "dependencies"):
        if isinstance(node.get(word), dict):
            node[word] = {name: left for name, needed in node[word].items() if (left := _left(needed, hidden)) != []}
    kept = [name for name in names if name not in hidden]
    if kept:
        node["required"] = kept
    elif isinstance(required, list):
        del node["required"]


def _left(needed: Any, hidden: frozenset[str]) -> Any:
    """Return what a dependency asks for without names that are not there; nothing where it asks for no other."""
    return [name for name in needed if name not in hidden] if isinstance(needed, list) else needed


def _asserting_only(node: dict[str, Any], schema: Schema) -> None:
    """Take away formats that only describe, patterns that nobody can run, and types that are none of JSON's."""
    if "format" in node and not asserted(schema):
        del node["format"]
    if isinstance(node.get("pattern"), str) and not runs(node["pattern"]):
        del node["pattern"]
    if isinstance(node.get("patternProperties"), dict):
        kept = {pattern: inner for pattern, inner in node["patternProperties"].items() if runs(pattern)}
        node["patternProperties"] = kept
    if node.get("type") == "file":
        del node["type"]


def _placed(tree: Any, pointer: tuple[str, ...], node: Any) -> Any:
    """Return a tree with a node at a pointer, the containers on the way copied or made."""
    if not pointer:
        return node
    token, rest = pointer[0], pointer[1:]
    if isinstance(tree, list):
        copied = list(tree)
        copied[int(token)] = _placed(copied[int(token)], rest, node)
        return copied
    members = tree if isinstance(tree, dict) else {}
    return {**members, token: _placed(members.get(token), rest, node)}


def _put(node: dict[str, Any], tokens: tuple[str, ...], inner: Any) -> None:
    """Replace a schema inside another one."""
    if len(tokens) == 1:
        node[tokens[0]] = inner
    elif isinstance(node[tokens[0]], list):
        node[tokens[0]][int(tokens[1])] = inner
    else:
        node[tokens[0]][tokens[1]] = inner
