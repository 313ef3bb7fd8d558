"""What several schemas ask of one value together: the parts of `$ref`, `allOf` and their siblings, types and limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pymacaron.models.asserted import asserted
from pymacaron.models.plans import Limits, ParentPlan
from pymacaron.spec import Place, Schema

__all__ = [
    "CHOSEN",
    "JUDGING",
    "PARENTS",
    "all_of",
    "array_limits",
    "constants_of",
    "home_of",
    "integer_limits",
    "map_limits",
    "number_limits",
    "parent_plans",
    "parts_of",
    "range_of",
    "says_null",
    "text_limits",
    "types_of",
]

PARENTS = frozenset({"x-parent", "x-persist"})
"""The keywords that name a class which a model inherits from."""

JUDGING = frozenset(
    {
        "type",
        "enum",
        "const",
        "not",
        "oneOf",
        "anyOf",
        "format",
        "pattern",
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "items",
        "prefixItems",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "contains",
        "if",
        "dependentSchemas",
        "dependentRequired",
        "unevaluatedProperties",
        "unevaluatedItems",
        "dependencies",
        *PARENTS,
    }
)
"""The keywords that tell a schema apart from what it refers to; all others only describe."""

CHOSEN = "x-chosen"
"""Stands where a part had a union of which one branch is planned: the others may apply too."""
_OBJECT_KEYWORDS = frozenset({"properties", "required", "additionalProperties", "patternProperties", *PARENTS})
_LARGEST_COUNT = 2**62
_RANGES = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""The integers of each format (OpenAPI Format Registry)."""
_EVERY_NUMBER = frozenset({"number", "integer"})


def parts_of(schema: Schema, seen: set[Place] | None = None) -> Iterator[Schema]:
    """Yield each schema that a value must satisfy: this one, what it refers to, and its allOf, however deep."""
    seen = set() if seen is None else seen
    if schema.place in seen:
        return
    seen.add(schema.place)
    yield schema
    for other in all_of(schema):
        yield from parts_of(other, seen)


def all_of(schema: Schema) -> list[Schema]:
    """Return the schemas that a schema adds to its own keywords: what it refers to, and its allOf."""
    reference = schema.reference
    others = [] if reference is None else [reference]
    if isinstance(schema.siblings.get("allOf"), list):
        others.extend(schema.children("allOf").values())
    return others


def home_of(schema: Schema) -> tuple[Schema, bool]:
    """Return the schema that really says something behind mere references, and whether one of these allows null."""
    nullable, seen = False, set[Place]()
    while schema.place not in seen and not JUDGING & schema.siblings.keys():
        seen.add(schema.place)
        telling = [other for other in all_of(schema) if any(JUDGING & p.siblings.keys() for p in parts_of(other))]
        if len(telling) != 1:
            break
        nullable = nullable or says_null(schema)
        schema = telling[0]
    return schema, nullable


def parent_plans(home: Schema) -> tuple[ParentPlan, ...]:
    """Return the classes that a schema names for its model to inherit from, that of `x-persist` first."""
    named = [(word, home.keywords.get(word)) for word in sorted(PARENTS)]
    found = {name: ParentPlan(name, home.place.child(word)) for word, name in named if isinstance(name, str)}
    return tuple(reversed(found.values()))


def says_null(schema: Schema) -> bool:
    """Tell whether `nullable` (OpenAPI 3.0) or `x-nullable` (anywhere, beside `$ref` too) allows null."""
    if schema.keywords.get("x-nullable") is True:
        return True
    return schema.dialect == "openapi-3.0" and schema.siblings.get("nullable") is True


def types_of(parts: Sequence[Schema]) -> frozenset[str] | None:
    """Return the types that all parts allow, None where nothing tells; untyped objects and arrays show themselves."""
    allowed: frozenset[str] | None = None
    for part in parts:
        written = part.siblings.get("type")
        if isinstance(written, str | list):
            types = frozenset([written] if isinstance(written, str) else map(str, written))
            types |= _EVERY_NUMBER if "number" in types else frozenset()
            types |= {"null"} if says_null(part) else frozenset()
            allowed = types if allowed is None else allowed & types
    if allowed is None:
        return _shown_types(parts)
    return allowed - {"integer"} if "number" in allowed else allowed


def _shown_types(parts: Sequence[Schema]) -> frozenset[str] | None:
    """Tell the type that keywords show where none is written."""
    null = {"null"} if says_null(parts[0]) else frozenset[str]()
    if any(_OBJECT_KEYWORDS & part.siblings.keys() for part in parts):
        return frozenset({"object"}) | null
    if any("items" in part.siblings for part in parts):
        return frozenset({"array"}) | null
    return None


def constants_of(parts: Sequence[Schema]) -> list[Any] | None:
    """Return the values of `enum` and `const` that all parts list, None where no part lists any."""
    listed: list[Any] | None = None
    for part in parts:
        values = part.siblings.get("enum")
        if "const" in part.siblings and part.dialect == "openapi-3.1":
            values = [part.siblings["const"]]
        if isinstance(values, list):
            values = [*values, None] if says_null(part) and None not in values else values
            listed = values if listed is None else [value for value in listed if value in values]
    return listed


def range_of(schema: Schema) -> tuple[int, int] | None:
    """Return the least and the greatest integer that the format of a schema allows, None where it allows all."""
    types = schema.siblings.get("type", ())
    if "integer" not in ([types] if isinstance(types, str) else types) or "number" in types:
        return None
    return _RANGES.get(str(schema.siblings.get("format")))


def text_limits(parts: Sequence[Schema], accepts_pattern: Callable[[str], bool]) -> Limits:
    """Return the limits of a text; of several patterns or formats the last one counts."""
    patterns = [part.siblings["pattern"] for part in parts if isinstance(part.siblings.get("pattern"), str)]
    told = [("pattern" if accepts_pattern(pattern) else "ecma", pattern) for pattern in patterns]
    formats = [("format", part.siblings["format"]) for part in parts if asserted(part)]
    return (*_lengths(parts, "minLength", "maxLength"), *told[-1:], *formats[-1:])


def array_limits(parts: Sequence[Schema]) -> Limits:
    """Return the limits of an array."""
    return _lengths(parts, "minItems", "maxItems")


def map_limits(parts: Sequence[Schema]) -> Limits:
    """Return the limits of an object without declared properties."""
    return _lengths(parts, "minProperties", "maxProperties")


def _lengths(parts: Sequence[Schema], least: str, most: str) -> Limits:
    """Return the strictest of two keywords that count something."""
    smallest = [min(int(number), _LARGEST_COUNT) for number in _numbers(parts, least) if number >= 0]
    largest = [min(int(number), _LARGEST_COUNT) for number in _numbers(parts, most) if number >= 0]
    lower = (("min_length", max(smallest)),) if smallest and max(smallest) > 0 else ()
    return (*lower, *((("max_length", min(largest)),) if largest else ()))


def number_limits(parts: Sequence[Schema]) -> Limits:
    """Return the limits of a number."""
    return tuple((name, float(bound)) for name, bound in _bounds(parts) if abs(bound) < 1e308)


def integer_limits(parts: Sequence[Schema]) -> Limits:
    """Return the limits of an integer, rounded inwards; a multiple that is no integer is left out."""
    rounded: dict[str, Callable[[float], int]] = {
        "ge": math.ceil,
        "gt": math.floor,
        "le": math.floor,
        "lt": math.ceil,
        "multiple_of": int,
    }
    return tuple(
        (name, rounded[name](bound)) for name, bound in _bounds(parts) if name != "multiple_of" or bound == int(bound)
    )


def _bounds(parts: Sequence[Schema]) -> Iterator[tuple[str, int | float]]:
    """Yield the strictest bounds; exclusive ones are numbers in OpenAPI 3.1, before it booleans beside the bound."""
    bounds: dict[str, list[int | float]] = {"ge": [], "gt": [], "le": [], "lt": [], "multiple_of": []}
    for part in parts:
        for keyword, exclusive, inner, outer in (
            ("minimum", "exclusiveMinimum", "ge", "gt"),
            ("maximum", "exclusiveMaximum", "le", "lt"),
        ):
            strict = part.siblings.get(exclusive) is True
            bounds[outer if strict else inner] += _numbers([part], keyword)
            bounds[outer] += _numbers([part], exclusive)
        if (whole := range_of(part)) is not None:
            bounds["ge"].append(whole[0])
            bounds["le"].append(whole[1])
        bounds["multiple_of"] += [number for number in _numbers([part], "multipleOf") if number > 0]
    for name, numbers in bounds.items():
        if numbers:
            yield name, (max if name in ("ge", "gt") else min)(numbers)


def _numbers(parts: Sequence[Schema], keyword: str) -> list[int | float]:
    """Return what a keyword says in each part, where it is a finite number."""
    values = [part.siblings.get(keyword) for part in parts]
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
    return [number for number in numbers if isinstance(number, int) or math.isfinite(number)]
