"""Schemas of Swagger 2.0 and OpenAPI 3.0 in the words of JSON Schema 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymacaron.exceptions import SpecError

__all__ = ["moved_reference", "newer_schema"]

_MOVED = {
    "#/definitions/": "#/components/schemas/",
    "#/parameters/": "#/components/parameters/",
    "#/responses/": "#/components/responses/",
}
_UNKNOWN = frozenset({"$anchor", "$id", "$schema", "const", "contains", "else", "id", "if", "propertyNames", "then"})
"""What says nothing before OpenAPI 3.1, and would from then on."""
_NULL = {"type": "null"}
_TELLING = ("title", "description", "readOnly", "writeOnly", "deprecated", "default", "examples", "x-mandatory")
"""What is said of a property as a whole, and looked for beside its alternatives."""
_MAPS = ("properties", "patternProperties")
_LISTS = ("allOf", "anyOf", "oneOf")
_ONE = ("additionalProperties", "additionalItems", "items", "not")


def moved_reference(reference: str) -> str:
    """Return a reference to where named parts stand since OpenAPI 3.0; raise SpecError for one to anything else."""
    for before, after in _MOVED.items():
        if reference.startswith(before):
            return after + reference.removeprefix(before)
    if reference.startswith("#/"):
        step = "name what it means under 'definitions', 'parameters' or 'responses' first"
        raise SpecError(f"'$ref: {reference}' leads into what becomes another shape in OpenAPI 3; {step}")
    return reference


def newer_schema(node: Any, *, old: bool) -> Any:
    """Return a schema with the same values; `old` is Swagger 2.0."""
    if not isinstance(node, Mapping):
        return node
    nullable = node.get("x-nullable") is True or (not old and "$ref" not in node and node.get("nullable") is True)
    if isinstance(node.get("$ref"), str):
        reference = {"$ref": moved_reference(node["$ref"]) if old else node["$ref"]}
        return {"anyOf": [reference, _NULL]} if nullable else reference
    made = {word: _inner(word, value, old) for word, value in node.items() if not _is_dropped(word, value, old)}
    _bounds(made)
    _words(made, old)
    return _or_null(made) if nullable else made


def _is_dropped(word: str, value: Any, old: bool) -> bool:
    if word in _UNKNOWN:
        return word not in ("$id", "$schema", "$anchor", "id") or isinstance(value, str)
    return word == "x-nullable" or (word == "nullable" and not old)


def _inner(word: str, value: Any, old: bool) -> Any:
    if word in _MAPS and isinstance(value, dict):
        return {name: newer_schema(schema, old=old) for name, schema in value.items()}
    if isinstance(value, list) and (word in _LISTS or word == "items"):
        return [newer_schema(schema, old=old) for schema in value]
    return newer_schema(value, old=old) if word in _ONE else value


def _bounds(made: dict[str, Any]) -> None:
    """Write an exclusive bound as a number (JSON Schema Validation 2020-12, section 6.2)."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if made.get(exclusive) is True and bound in made:
            made[exclusive] = made.pop(bound)
        elif isinstance(made.get(exclusive), bool):
            del made[exclusive]


def _words(made: dict[str, Any], old: bool) -> None:
    if isinstance(made.get("items"), list):
        made["prefixItems"] = made.pop("items")
        if "additionalItems" in made:
            made["items"] = made["additionalItems"]
    made.pop("additionalItems", None)
    if old and isinstance(made.get("discriminator"), str):
        made["discriminator"] = {"propertyName": made["discriminator"]}
    if made.get("type") == "file":
        made |= {"type": "string", "format": "binary"}
    if "example" in made:
        made["examples"] = [made.pop("example")]
    _dependencies(made)


def _dependencies(made: dict[str, Any]) -> None:
    """Split what is two keywords now (JSON Schema 2020-12, section 6.5.4 of validation, 10.2.2.4 of core)."""
    written = made.pop("dependencies", None)
    for name, needed in written.items() if isinstance(written, dict) else ():
        word = "dependentRequired" if isinstance(needed, list) else "dependentSchemas"
        made.setdefault(word, {})[name] = needed


def _or_null(made: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that allows null beside its values."""
    if any(word in made for word in (*_LISTS, "not")):
        telling = {word: made.pop(word) for word in _TELLING if word in made}
        return {**telling, "anyOf": [made, _NULL]}
    if isinstance(made.get("type"), str | list):
        types = [made["type"]] if isinstance(made["type"], str) else made["type"]
        made["type"] = types if "null" in types else [*types, "null"]
    if isinstance(made.get("enum"), list) and None not in made["enum"]:
        made["enum"] = [*made["enum"], None]
    return made
