"""Which kind of object stands where in an OpenAPI document, and a copy of one with its objects changed on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pymacaron.spec.keywords import schemas_in
from pymacaron.spec.place import Place

__all__ = ["Change", "children", "rebuilt", "sections_of"]

Change = Callable[[dict[str, Any], str, Place], tuple[dict[str, Any], Place | None]]
"""From an object, its kind and its place to what stands in its stead and where its children stand, None for no copy."""

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_PARAMETER = {"schema": "schema", "items": "schema", "content": "{mediaType", "examples": "{example"}
_GRAMMAR: Mapping[str, Mapping[str, str]] = {
    "document": {
        "info": "info",
        "servers": "[server",
        "tags": "[tag",
        "paths": "paths",
        "webhooks": "{pathItem",
        "components": "components",
        "definitions": "{schema",
        "parameters": "{parameter",
        "responses": "{response",
        "securityDefinitions": "{securityScheme",
    },
    "components": {
        "schemas": "{schema",
        "responses": "{response",
        "parameters": "{parameter",
        "examples": "{example",
        "requestBodies": "{requestBody",
        "headers": "{header",
        "securitySchemes": "{securityScheme",
        "links": "{link",
        "callbacks": "{callback",
        "pathItems": "{pathItem",
        "mediaTypes": "{mediaType",
    },
    "paths": {"*": "pathItem"},
    "callback": {"*": "pathItem"},
    "pathItem": {
        **dict.fromkeys(_METHODS, "operation"),
        "additionalOperations": "{operation",
        "parameters": "[parameter",
        "servers": "[server",
    },
    "operation": {
        "parameters": "[parameter",
        "requestBody": "requestBody",
        "responses": "responses",
        "callbacks": "{callback",
        "servers": "[server",
    },
    "responses": {"*": "response"},
    "response": {"headers": "{header", "content": "{mediaType", "links": "{link", "schema": "schema"},
    "requestBody": {"content": "{mediaType"},
    "parameter": _PARAMETER,
    "header": _PARAMETER,
    "mediaType": {
        "schema": "schema",
        "itemSchema": "schema",
        "examples": "{example",
        "encoding": "{encoding",
        "prefixEncoding": "[encoding",
        "itemEncoding": "encoding",
    },
    "encoding": {
        "headers": "{header",
        "encoding": "{encoding",
        "prefixEncoding": "[encoding",
        "itemEncoding": "encoding",
    },
    "link": {"server": "server"},
    "securityScheme": {"flows": "flows"},
    "flows": {"*": "flow"},
}
"""From a kind to the kinds of what stands below its keys: `{` before one is a map of them, `[` a list, `*` any key."""

_SECTIONS_2 = {"schema": "definitions", "parameter": "parameters", "response": "responses"}
_SECTIONS_3 = {
    "schema": "schemas",
    "response": "responses",
    "parameter": "parameters",
    "example": "examples",
    "requestBody": "requestBodies",
    "header": "headers",
    "securityScheme": "securitySchemes",
    "link": "links",
    "callback": "callbacks",
}


def sections_of(data: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Return the way from the top of a document to its named objects of each kind."""
    if "swagger" in data:
        return {kind: (section,) for kind, section in _SECTIONS_2.items()}
    return {kind: ("components", section) for kind, section in _SECTIONS_3.items()}


def children(node: Mapping[str, Any], kind: str, new: bool) -> Iterator[tuple[tuple[str, ...], Any, str]]:
    """Yield the way to each object directly inside an object of a kind, it, and its kind.

    `new` says that schemas are those of JSON Schema 2020-12. What stands beside a `$ref` counts only in these.
    """
    if kind == "schema":
        if new or "$ref" not in node:
            yield from ((tokens, schema, kind) for tokens, schema in schemas_in(dict(node), new))
        return
    below = _GRAMMAR.get(kind, {})
    for key, value in node.items() if "$ref" not in node or kind == "pathItem" else ():
        told = below.get(key) or ("" if key.startswith("x-") else below.get("*", ""))
        if told[:1] == "{" and isinstance(value, dict):
            yield from (((key, name), each, told[1:]) for name, each in value.items())
        elif told[:1] == "[" and isinstance(value, list):
            yield from (((key, str(index)), each, told[1:]) for index, each in enumerate(value))
        elif told[:1] not in ("", "{", "["):
            yield (key,), value, told


def rebuilt(node: Any, kind: str, place: Place, new: bool, change: Change) -> Any:
    """Return a copy of an object in which `change` was asked about every object, the outer ones first."""
    if not isinstance(node, dict):
        return node
    changed, inside = change(node, kind, place)
    if inside is None:
        return changed
    copy = dict(changed)
    for tokens, child, child_kind in children(changed, kind, new):
        value = rebuilt(child, child_kind, inside.child(*tokens), new, change)
        if len(tokens) == 1:
            copy[tokens[0]] = value
            continue
        holder = copy[tokens[0]]
        if holder is changed[tokens[0]]:
            holder = copy[tokens[0]] = holder.copy()
        holder[tokens[1] if isinstance(holder, dict) else int(tokens[1])] = value
    return copy
