"""Whether two models of one name are the same, and where not, the difference to show."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec import Schema

__all__ = ["difference"]

_DESCRIBING = frozenset({"title", "description", "example", "examples", "externalDocs", "xml", "$comment"})
_MAPS = frozenset({"properties", "patternProperties", "definitions", "$defs", "dependentSchemas"})
_LINES = 20


def difference(one: Schema, other: Schema) -> str:
    """Return a short unified diff of what two schemas mean, descriptions apart; empty where they are the same."""
    before, after = _written(one), _written(other)
    if before == after:
        return ""
    lines = difflib.unified_diff(_text(before), _text(after), f"{one.place}", f"{other.place}", lineterm="", n=1)
    return "\n".join(islice(lines, _LINES))


def _text(written: Mapping[str, Any]) -> list[str]:
    return json.dumps(written, indent=2, sort_keys=True, default=str).splitlines()


def _written(schema: Schema) -> dict[str, Any]:
    """Return the keywords of a schema, and of all schemas that it refers to, by their names."""
    found: dict[str, Any] = {}
    pending = [schema]
    seen = {schema.place}
    while pending:
        current = pending.pop()
        name = current.place.pointer[-1] if current is not schema else ""
        found[name] = _told(current.keywords)
        for target in _targets(current):
            if target.place not in seen:
                seen.add(target.place)
                pending.append(target)
    return found


def _told(value: Any) -> Any:
    """Return a schema without what only describes, its references by the last word."""
    if isinstance(value, list):
        return [_told(item) for item in value]
    if not isinstance(value, dict):
        return value
    told: dict[str, Any] = {}
    for keyword, inner in value.items():
        if keyword in _MAPS and isinstance(inner, dict):
            told[keyword] = {name: _told(schema) for name, schema in inner.items()}
        elif keyword == "$ref" and isinstance(inner, str):
            told[keyword] = inner.rpartition("/")[2]
        elif keyword not in _DESCRIBING:
            told[keyword] = _told(inner)
    return told


def _targets(schema: Schema) -> list[Schema]:
    """Return every schema that a schema refers to, from wherever inside it; broken references are told elsewhere."""
    targets: list[Schema] = []
    for reference in _references(schema.keywords):
        try:
            targets.append(schema.references.schema(schema.place, reference, schema.dialect))
        except SpecError:
            continue
    return targets


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [reference for item in value for reference in _references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [reference for inner in value.values() for reference in _references(inner)]
