"""What is wrong with a value: InvalidValue with its problems, told as sentences and never with the value itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

__all__ = ["MOST", "InvalidValue", "ValueProblem", "expected_type", "one_of", "problems_of", "sentence"]

MOST = 20
"""Problems that are told of one value."""

_SENTENCES = {
    "additionalProperties": "Is not a known property",
    "const": "Input should be the one value that is allowed here",
    "contains": "Too few or too many items are of the kind that is asked for",
    "dependencies": "Other properties ask for this one",
    "dependentRequired": "Other properties ask for this one",
    "enum": "Input should be one of the values that are listed",
    "exclusiveMaximum": "Input should be less than {}",
    "exclusiveMinimum": "Input should be greater than {}",
    "false": "No value is allowed here",
    "format": "Input should be text in the format '{}'",
    "maxItems": "Input should have at most {} items",
    "maxLength": "Input should have at most {} characters",
    "maxProperties": "Input should have at most {} properties",
    "maximum": "Input should be less than or equal to {}",
    "minItems": "Input should have at least {} items",
    "minLength": "Input should have at least {} characters",
    "minProperties": "Input should have at least {} properties",
    "minimum": "Input should be greater than or equal to {}",
    "multipleOf": "Input should be a multiple of {}",
    "not": "Input should not be of the kind that is excluded",
    "pattern": "Input should match the pattern '{}'",
    "propertyNames": "Properties should not have this name",
    "readOnly": "Is read-only, so it cannot be sent",
    "required": "Field required",
    "unevaluatedItems": "Input should have no further items",
    "unevaluatedProperties": "Is not a known property",
    "uniqueItems": "Input should not hold an item twice",
}
_KEYWORDS = {
    "bool_type": "type",
    "bytes_too_long": "maxLength",
    "bytes_too_short": "minLength",
    "dict_type": "type",
    "extra_forbidden": "additionalProperties",
    "finite_number": "type",
    "float_type": "type",
    "greater_than": "exclusiveMinimum",
    "greater_than_equal": "minimum",
    "int_type": "type",
    "less_than": "exclusiveMaximum",
    "less_than_equal": "maximum",
    "list_type": "type",
    "literal_error": "enum",
    "missing": "required",
    "model_type": "type",
    "multiple_of": "multipleOf",
    "none_required": "type",
    "nothing_allowed": "not",
    "string_pattern_mismatch": "pattern",
    "string_too_long": "maxLength",
    "string_too_short": "minLength",
    "string_type": "type",
    "text_format": "format",
    "text_pattern": "pattern",
    "too_long": "maxItems",
    "too_short": "minItems",
    "union_tag_invalid": "discriminator",
    "union_tag_not_found": "discriminator",
}
_TOO_LARGE = "Input should be a number of a size that a float can hold"
MOST_LISTED = 10
_WITHOUT_VALUE = {
    "finite_number": _TOO_LARGE,
    "float_type": _TOO_LARGE,
    "json_invalid": "Is not JSON",
    "union_tag_invalid": "Names no known variant in its discriminator",
    "union_tag_not_found": "Should name its variant in its discriminator",
}


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """One problem: the tokens of its JSON Pointer, a sentence, and the keyword of the schema, empty where none is."""

    pointer: tuple[str | int, ...]
    sentence: str
    keyword: str = ""


class InvalidValue(ValueError):
    """A value that its schema refuses: `problems` tells at most 20 reasons."""

    def __init__(self, problems: Sequence[ValueProblem]) -> None:
        self.problems = list(problems[:MOST])
        super().__init__("; ".join(f"{pointer_of(each)}: {each.sentence}" for each in self.problems))


def pointer_of(problem: ValueProblem) -> str:
    """Return the place of a problem for people: its JSON Pointer (RFC 6901), or that it is all of the value."""
    tokens = (str(token).replace("~", "~0").replace("/", "~1") for token in problem.pointer)
    return "".join(f"/{token}" for token in tokens) or "the value"


def sentence(keyword: str, written: object = "") -> str:
    """Return what a keyword asks for."""
    if keyword == "enum" and isinstance(written, list) and 0 < len(written) <= MOST_LISTED:
        told = [repr(value) if isinstance(value, str) else json.dumps(value) for value in written]
        return "Input should be " + " or ".join(filter(None, [", ".join(told[:-1]), told[-1]]))
    return _SENTENCES.get(keyword, "Input does not fit its schema").format(written)


def expected_type(names: Sequence[str]) -> str:
    """Return the sentence for a value of a wrong type."""
    return "Input should be " + " or ".join("null" if name == "null" else f"a valid {name}" for name in names)


def one_of(name: str, tags: Sequence[str]) -> str:
    """Return the sentence for an object that names none of its variants in a property."""
    shown = ", ".join(f"'{tag}'" for tag in tags[:MOST]) + (", ..." if len(tags) > MOST else "")
    return f"Input should name its variant in the property '{name}': one of {shown}"


def problems_of(error: ValidationError, data: Any) -> list[ValueProblem]:
    """Return what pydantic found, each place as it is in the data: pydantic's own labels of unions are left out."""
    found: dict[ValueProblem, None] = {}
    for each in error.errors(include_url=False, include_context=False, include_input=False)[: MOST * 5]:
        kind = each["type"]
        told = _WITHOUT_VALUE.get(kind, each["msg"])
        found[ValueProblem(_pointer(each["loc"], data, kind == "missing"), told, _KEYWORDS.get(kind, ""))] = None
    return list(found)[:MOST]


def _pointer(loc: Sequence[str | int], data: Any, missing: bool) -> tuple[str | int, ...]:
    tokens: list[str | int] = []
    for index, token in enumerate(loc):
        listed = isinstance(data, list | tuple) and isinstance(token, int) and token < len(data)
        if listed or (isinstance(data, Mapping) and token in data):
            tokens.append(token)
            data = data[token]
        elif missing and index == len(loc) - 1:
            tokens.append(token)
    return tuple(tokens)
