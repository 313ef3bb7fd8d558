"""Which schemas pydantic-core judges exactly as the document means them; all others need a validator of their own."""

from __future__ import annotations

from collections.abc import Callable

from pymacaron.models.asserted import is_binary
from pymacaron.models.heirs import heirs_of
from pymacaron.models.jsontypes import disjoint, told_types, written_types
from pymacaron.models.merge import JUDGING, PARENTS, parts_of, says_null
from pymacaron.models.plans import TYPED_FORMATS, Nullable, Tagged, Value
from pymacaron.models.properties import required_in
from pymacaron.spec import Place, Schema, is_known

__all__ = ["Exactness"]

_COUNTED = frozenset(
    {
        "$dynamicRef",
        "$id",
        "$recursiveRef",
        "additionalItems",
        "allOf",
        "else",
        "id",
        "maxContains",
        "minContains",
        "then",
    }
)
_ASSERTING = (JUDGING | _COUNTED) - PARENTS
_OBJECT = frozenset({"type", "properties", "required", "allOf"})
_RELEVANT: dict[str, frozenset[str]] = {
    "string": frozenset(),
    "boolean": frozenset(),
    "null": frozenset(),
    "file": frozenset(),
    "integer": frozenset({"multipleOf"}),
    "number": frozenset({"multipleOf"}),
    "array": frozenset({"prefixItems", "contains", "uniqueItems", "unevaluatedItems", "additionalItems"}),
    "object": frozenset(
        {
            "dependencies",
            "dependentRequired",
            "dependentSchemas",
            "maxProperties",
            "minProperties",
            "patternProperties",
            "propertyNames",
            "unevaluatedProperties",
        }
    ),
}
"""What is not, or not always, judged exactly for each type."""
_ALWAYS_JUDGED = frozenset({"not", "if", "then", "else", "$dynamicRef", "$recursiveRef", "$id", "id"})
_BOUNDS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_LARGEST = 1e300
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Exactness:
    """Tells it of each schema with all that it reaches, once; `planned` gives the value of a union."""

    def __init__(self, planned: Callable[[Schema], Value]) -> None:
        self._planned = planned
        self._known: dict[Place, bool] = {}

    def exact(self, schema: Schema) -> bool:
        """Return whether the typed value accepts just what the schema does, in both directions."""
        pending, visited = [schema], {schema.place: schema}
        while pending:
            current = pending.pop()
            known = self._known.get(current.place)
            inner = [] if known else None if known is False else self._inner(current)
            if inner is None:
                self._known[schema.place] = self._known[current.place] = False
                return False
            for child in inner:
                if child.place not in visited:
                    visited[child.place] = child
                    pending.append(child)
        self._known.update(dict.fromkeys(visited, True))
        return True

    def _inner(self, schema: Schema) -> list[Schema] | None:
        """Return the schemas that must be exact too, None where this one by itself is not."""
        words = _ASSERTING & schema.siblings.keys()
        if heirs_of(schema) is not None:
            return None
        if not is_known(str(schema.siblings.get("$schema", _DRAFT))):
            return None
        reference = schema.reference
        if reference is not None and not words:
            return [reference]
        if not words:
            return []
        if words == {"not"} and schema.siblings["not"] in ({}, True):
            return []
        if words & _ALWAYS_JUDGED:
            return None
        if reference is not None or "allOf" in words:
            return _together(schema)
        if words & {"oneOf", "anyOf"}:
            return self._union(schema, words)
        if words & {"enum", "const"}:
            return [] if _plain_constants(schema, words) else None
        return _typed(schema, words)

    def _union(self, schema: Schema, words: frozenset[str]) -> list[Schema] | None:
        """Judge a union alone, whose branches are told apart by their types or by a discriminator."""
        if len(words - {"type"}) > 1:
            return None
        branches = list(schema.children("oneOf" if "oneOf" in words else "anyOf").values())
        types = [told_types(branch) for branch in branches]
        if "type" in words:
            allowed = written_types(schema)
            if any(found is None or not found <= allowed for found in types):
                return None
        if disjoint(types):
            return branches
        if "discriminator" in schema.siblings:
            value = self._planned(schema)
            if isinstance(value.value if isinstance(value, Nullable) else value, Tagged):
                return branches
        return None


def _together(schema: Schema) -> list[Schema] | None:
    """Return the properties of objects that are merged without meeting each other, or the only schema that tells."""
    parts = list(parts_of(schema))
    telling = [part for part in parts if _ASSERTING & part.siblings.keys() - {"allOf"}]
    if len(telling) <= 1:
        return [part for part in telling if part is not schema] if schema not in telling else None
    names: set[str] = set()
    found: list[Schema] = []
    for part in telling:
        if not (_ASSERTING & part.siblings.keys()) <= _OBJECT or says_null(part):
            return None
        properties = part.children("properties")
        if names & properties.keys() or part.siblings.get("type", "object") != "object":
            return None
        names |= properties.keys()
        found.extend(properties.values())
    if _requires_undeclared(telling):
        return None
    typed = any("type" in part.siblings for part in telling)
    return found if typed and not any(map(_directed, found)) else None


def _plain_constants(schema: Schema, words: frozenset[str]) -> bool:
    """Tell whether constants are texts, of which Python knows just one way to be equal."""
    values = schema.siblings.get("enum", []) if "enum" in words else [schema.siblings["const"]]
    types = written_types(schema)
    return (words <= {"enum", "type"} or (words <= {"const", "type"} and schema.dialect == "openapi-3.1")) and all(
        isinstance(value, str) or (value is None and (not types or "null" in types)) for value in values
    )


def _typed(schema: Schema, words: frozenset[str]) -> list[Schema] | None:
    """Return the items and members of a schema whose types are written."""
    types = written_types(schema)
    if not types or not all(_fits(schema, name, word) for name in types for word in _RELEVANT[name] & words):
        return None
    if types & {"integer", "number"} and any(_is_vast(schema.siblings[word]) for word in _BOUNDS & words):
        return None
    typed = schema.siblings.get("format") in TYPED_FORMATS or is_binary(schema)
    if typed and words & {"minLength", "maxLength", "pattern"}:
        return None
    items: list[Schema] = []
    if "array" in types and "items" in words:
        if not isinstance(schema.siblings["items"], dict | bool):
            return None
        items.append(schema.child("items"))
    members = _object(schema, words) if "object" in types else []
    return None if members is None else items + members


def _is_vast(bound: object) -> bool:
    return isinstance(bound, int | float) and abs(bound) > _LARGEST


def _fits(schema: Schema, name: str, word: str) -> bool:
    """Tell whether a keyword that is not always exact is so here."""
    value = schema.siblings[word]
    if word == "multipleOf":
        return name == "integer" and "number" not in written_types(schema) and isinstance(value, int)
    if word in ("minProperties", "maxProperties"):
        return not schema.siblings.keys() & {"properties", "required", *PARENTS}
    if word == "uniqueItems":
        return value is False
    return word == "additionalItems" and not isinstance(schema.siblings.get("items"), list)


def _object(schema: Schema, words: frozenset[str]) -> list[Schema] | None:
    properties = list(schema.children("properties").values())
    if any(map(_directed, properties)) or _requires_undeclared([schema]):
        return None
    if isinstance(schema.siblings.get("additionalProperties"), dict):
        if words & {"properties", "required"}:
            return None
        return [schema.child("additionalProperties")]
    return properties


def _requires_undeclared(parts: list[Schema]) -> bool:
    """Tell whether a dictionary requires names, or a closed object one that it does not declare: no model says that."""
    declaring = [part for part in parts if isinstance(part.siblings.get("properties"), dict)]
    if not declaring or any(part.siblings.get("additionalProperties") is False for part in parts):
        return not required_in(parts).keys() <= {name for part in declaring for name in part.children("properties")}
    return False


def _directed(schema: Schema) -> bool:
    """Tell whether a property belongs to one direction only."""
    return any(part.siblings.get(word) is True for part in parts_of(schema) for word in ("readOnly", "writeOnly"))
