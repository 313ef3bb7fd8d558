"""Python names for what documents name freely: attributes for properties, class names for the places of schemas.

| property of the document | attribute | why |
|---|---|---|
| `petName`, `pet_name` | the same | a legal name |
| `pet-name`, `filter[a]` | `pet_name`, `filter_a_` | `_` for each other character |
| `1x`, `_id`, `@type`, empty | `field_1x`, `field_id`, `field_type`, `field` | no leading digit or `_` |
| `model_name` | `field_model_name` | `model_` belongs to pydantic |
| `class`, `copy`, `to_json` | `class_`, `copy_`, `to_json_` | keywords and methods of models |
| a name that is taken | `pet_name_2`, `pet_name_3` | numbered in the document's order |

Names that are legal as they stand always keep themselves; names are compared as Python does, in the form NFKC.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Container, Iterable, Iterator
from unicodedata import normalize

from pymacaron.spec import Place

__all__ = ["METHODS", "attribute_names", "class_name", "identifier", "unique_name"]

METHODS = frozenset(
    {
        "clone",
        "construct",
        "copy",
        "dict",
        "from_json",
        "from_orm",
        "get_model_api",
        "get_model_name",
        "get_model_properties",
        "get_property_names",
        "json",
        "parse_file",
        "parse_obj",
        "parse_raw",
        "root",
        "schema",
        "schema_json",
        "to_json",
        "update_forward_refs",
        "validate",
    }
)
"""The public attributes of models that do not begin with `model_`; `root` is what pydantic keeps for root models."""

_LONGEST_CLASS_NAME = 100
_MAPS = frozenset(
    {"properties", "patternProperties", "schemas", "definitions", "$defs", "paths", "responses", "callbacks"}
)
_WORDS = {"items": "Item", "additionalProperties": "Value", "requestBody": "Body"}
_SILENT = frozenset({"components", "schema"})


def attribute_names(names: Iterable[str]) -> dict[str, str]:
    """Return the Python attribute of each property, by the table above."""
    chosen = {name: identifier(name) for name in names}
    taken = {name for name, attribute in chosen.items() if name == attribute}
    for name, attribute in chosen.items():
        if name != attribute:
            chosen[name] = unique_name(attribute, taken)
            taken.add(chosen[name])
    return chosen


def identifier(name: str) -> str:
    """Return the attribute for one name, whatever else is taken."""
    legal = re.sub(r"\W", "_", normalize("NFKC", name))
    if legal.startswith("model_"):
        return f"field_{legal}"
    if legal in METHODS or keyword.iskeyword(legal):
        return f"{legal}_"
    if legal.startswith("_") or not legal.isidentifier():
        return f"field_{legal.strip('_')}".rstrip("_") if legal.strip("_") else "field"
    return legal


def unique_name(name: str, taken: Container[str]) -> str:
    """Return the name, numbered where it is taken."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def class_name(place: Place) -> str:
    """Return the class name for the schema at a place: a component's own name, or the way to an inline object."""
    words = list(_words(place.pointer)) or [_camel(place.file.name.partition(".")[0])]
    name = words[0] if len(words) == 1 else "".join(_camel(word) for word in words)
    if not name.isidentifier() or keyword.iskeyword(name):
        name = re.sub(r"\W", "", _camel(name))
    if not name or not name.isidentifier():
        name = f"Model{name}"
    return name[:_LONGEST_CLASS_NAME]


def _words(pointer: tuple[str, ...]) -> Iterator[str]:
    """Yield the words of a pointer that tell its schema apart from others."""
    tokens = iter(pointer)
    for token in tokens:
        if token in _MAPS:
            yield next(tokens, token)
        elif token in ("allOf", "content"):
            next(tokens, None)
        elif token in ("oneOf", "anyOf"):
            index = next(tokens, "")
            yield str(int(index) + 1) if index.isdigit() else token
        elif token not in _SILENT:
            yield _WORDS.get(token, token)


def _camel(name: str) -> str:
    """Join the words of a name, each with a capital."""
    return "".join(word[0].upper() + word[1:] for word in re.split(r"\W+|_+", normalize("NFKC", name)) if word)
