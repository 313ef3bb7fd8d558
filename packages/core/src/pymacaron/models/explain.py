"""Why JSON data does not fit a schema: its first problems, found without following what fits, nor every branch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from pymacaron.models.asserted import asserted, keyword_judge, runs, text_judge
from pymacaron.models.heirs import Heirs, heirs_of, inherits
from pymacaron.models.jsontypes import json_type, told_types
from pymacaron.models.judge import Judge
from pymacaron.models.merge import parts_of, range_of
from pymacaron.models.problems import MOST, ValueProblem, expected_type, one_of, sentence
from pymacaron.models.unions import tags_of
from pymacaron.spec import Place, Schema

__all__ = ["explained"]

_LEAVES = (
    "enum",
    "const",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
)
_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_HIDDEN = {"request": "readOnly", "response": "writeOnly", "either": "readOnly"}

Pointer = tuple[str | int, ...]


class _FullError(Exception):
    """There are as many problems as are told."""


def explained(judge: Judge, data: Any) -> list[ValueProblem]:
    """Return at most 20 problems of data that the judge refused."""
    story = _Story(judge)
    with suppress(_FullError):
        story.tell(judge.schema, data, ())
    return list(story.problems) or [ValueProblem((), sentence(""))]


class _Story:
    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self.problems: dict[ValueProblem, None] = {}
        self._told: set[tuple[Place, Pointer, bool]] = set()

    def tell(self, schema: Schema, data: Any, pointer: Pointer, itself: bool = False) -> None:
        """Add the problems of data, none where it fits; a schema that combines itself is told of once at a place.

        With `itself`, a base is looked at without its heirs.
        """
        if (schema.place, pointer, itself) in self._told or self._judge.verdict(schema, itself)(data):
            return
        self._told.add((schema.place, pointer, itself))
        heirs = None if itself or not isinstance(data, dict) else heirs_of(schema)
        if heirs is not None:
            self._heir(heirs, data, pointer)
            return
        before = len(self.problems)
        if schema.reference is not None:
            self.tell(schema.reference, data, pointer, inherits(schema))
        words = schema.siblings
        if "type" in words and not _is_of(words["type"], data):
            names = [words["type"]] if isinstance(words["type"], str) else words["type"]
            self._add(pointer, "type", told=expected_type(names))
            return
        self._leaves(schema, data, pointer)
        if isinstance(data, dict):
            self._object(schema, data, pointer)
        elif isinstance(data, list):
            self._array(schema, data, pointer)
        self._combined(schema, data, pointer)
        if len(self.problems) == before:
            self._rest(schema, data, pointer)

    def _fits(self, schema: Schema, data: Any) -> bool:
        return self._judge.verdict(schema)(data)

    def _add(self, pointer: Pointer, keyword: str, written: object = "", told: str = "") -> None:
        self.problems[ValueProblem(pointer, told or sentence(keyword, written), keyword)] = None
        if len(self.problems) >= MOST:
            raise _FullError

    def _leaves(self, schema: Schema, data: Any, pointer: Pointer) -> None:
        """Judge by each keyword that holds no schema."""
        words = schema.siblings
        for word in _LEAVES:
            if word in words and not (word == "pattern" and not runs(str(words[word]))):
                self._leaf({word: words[word]}, word, data, pointer)
        for inner, outer in _BOUNDS:
            if words.get(outer) is True and inner in words:
                self._leaf({outer: words[inner]}, outer, data, pointer)
                continue
            for word in (inner, outer):
                if isinstance(words.get(word), int | float) and not isinstance(words[word], bool):
                    self._leaf({word: words[word]}, word, data, pointer)
        for word, bound in zip(("minimum", "maximum"), range_of(schema) or (), strict=False):
            self._leaf({word: bound}, word, data, pointer)
        if asserted(schema):
            self._leaf({"format": words["format"]}, "format", data, pointer)

    def _leaf(self, written: Mapping[str, Any], word: str, data: Any, pointer: Pointer) -> None:
        if word == "pattern":
            fits = not isinstance(data, str) or text_judge("", str(written[word]))(data)
        else:
            fits = keyword_judge(json.dumps(written))(data)
        if not fits:
            self._add(pointer, word, written[word])

    def _object(self, schema: Schema, data: dict[str, Any], pointer: Pointer) -> None:
        words = schema.siblings
        hidden = _HIDDEN[self._judge.direction]
        properties = schema.children("properties")
        for name in _names(words.get("required")):
            if name not in data and not (name in properties and _says(properties[name], hidden)):
                self._add((*pointer, name), "required")
        for name, inner in properties.items():
            if name not in data:
                if inner.keywords.get("x-mandatory") is True:
                    self._add((*pointer, name), "required")
            elif self._judge.direction == "request" and _says(inner, hidden):
                self._add((*pointer, name), hidden)
            else:
                self.tell(inner, data[name], (*pointer, name))
        self._further(schema, data, pointer, set(properties))
        self._dependent(schema, data, pointer)
        if "propertyNames" in words and schema.dialect == "openapi-3.1":
            for name in data:
                if not self._fits(schema.child("propertyNames"), name):
                    self._add((*pointer, name), "propertyNames")

    def _further(self, schema: Schema, data: dict[str, Any], pointer: Pointer, declared: set[str]) -> None:
        patterns = {
            text_judge("", pattern): inner
            for pattern, inner in schema.children("patternProperties").items()
            if runs(pattern)
        }
        extras = schema.siblings.get("additionalProperties", True)
        for name, value in data.items():
            matching = [inner for fits, inner in patterns.items() if fits(name)]
            for inner in matching:
                self.tell(inner, value, (*pointer, name))
            if matching or name in declared:
                continue
            if extras is False:
                self._add((*pointer, name), "additionalProperties")
            elif isinstance(extras, dict):
                self.tell(schema.child("additionalProperties"), value, (*pointer, name))

    def _dependent(self, schema: Schema, data: dict[str, Any], pointer: Pointer) -> None:
        new = schema.dialect == "openapi-3.1"
        hidden, properties = _HIDDEN[self._judge.direction], schema.children("properties")
        for word in ("dependentRequired", "dependencies") if new else ("dependencies",):
            written = schema.siblings.get(word)
            for name, needed in written.items() if isinstance(written, dict) else ():
                if name in data and isinstance(needed, list):
                    for other in needed:
                        if other not in data and not (other in properties and _says(properties[other], hidden)):
                            self._add((*pointer, other), word)
                elif name in data and word == "dependencies":
                    self.tell(schema.child(word, name), data, pointer)
        for name, inner in (schema.children("dependentSchemas") if new else {}).items():
            if name in data:
                self.tell(inner, data, pointer)

    def _array(self, schema: Schema, data: list[Any], pointer: Pointer) -> None:
        words = schema.siblings
        listed = "prefixItems" if schema.dialect == "openapi-3.1" else "items"
        first = list(schema.children(listed).values()) if isinstance(words.get(listed), list) else []
        for index, (inner, item) in enumerate(zip(first, data, strict=False)):
            self.tell(inner, item, (*pointer, index))
        rest = "items" if isinstance(words.get("items"), dict | bool) else "additionalItems" if first else ""
        if not isinstance(words.get(rest), dict | bool) or words[rest] is True:
            return
        inner = schema.child(rest)
        for index in range(len(first), len(data)):
            self.tell(inner, data[index], (*pointer, index))

    def _combined(self, schema: Schema, data: Any, pointer: Pointer) -> None:
        for inner in schema.children("allOf").values():
            self.tell(inner, data, pointer)
        for word in ("anyOf", "oneOf"):
            if isinstance(schema.siblings.get(word), list):
                self._union(schema, word, data, pointer)
        if schema.dialect == "openapi-3.1" and "if" in schema.siblings:
            word = "then" if self._fits(schema.child("if"), data) else "else"
            if word in schema.siblings:
                self.tell(schema.child(word), data, pointer)
        if schema.dialect == "openapi-3.1" and "$dynamicRef" in schema.siblings:
            place, written = schema.place, schema.siblings["$dynamicRef"]
            self.tell(schema.references.schema(place, written, schema.dialect), data, pointer)

    def _union(self, schema: Schema, word: str, data: Any, pointer: Pointer) -> None:
        """Tell of the branch that is meant, by tag or by type; where that is unclear, of the union."""
        branches = list(schema.children(word).values())
        tags = tags_of(schema)
        if tags is not None and isinstance(data, dict):
            tag = data.get(tags.name)
            meant = [index for index, known in tags.by_branch.items() if tag in known]
            if not meant and tags.default is not None:
                meant = [tags.default]
            elif not meant:
                self._unknown(tags.name, tags.known, data, pointer)
            for index in meant:
                self.tell(branches[index], data, pointer)
            return
        fitting = sum(self._fits(branch, data) for branch in branches)
        if fitting == 1 or (fitting and word == "anyOf"):
            return
        if fitting:
            self._add(pointer, word, told="Input should fit just one of the kinds that are allowed, but fits several")
            return
        likely = [branch for branch in branches if _may_be(branch, data)]
        if len(likely) == 1:
            self.tell(likely[0], data, pointer)
        else:
            self._add(pointer, word, told="Input should fit one of the kinds that are allowed, but fits none")

    def _heir(self, heirs: Heirs, data: dict[str, Any], pointer: Pointer) -> None:
        """Tell of the heir that is meant."""
        heir = heirs.chosen(data.get(heirs.name))
        if heir is None:
            self._unknown(heirs.name, list(heirs.tags), data, pointer)
        else:
            self.tell(heir, data, pointer, heir == heirs.base)

    def _unknown(self, name: str, tags: Sequence[str], data: dict[str, Any], pointer: Pointer) -> None:
        self._add((*pointer, name) if name in data else pointer, "discriminator", told=one_of(name, tags))

    def _rest(self, schema: Schema, data: Any, pointer: Pointer) -> None:
        """Name a keyword that only makes sense beside all the others."""
        if "not" in schema.siblings:
            empty = schema.siblings["not"] in ({}, True)
            self._add(pointer, "not", told=sentence("false") if empty else "")
            return
        before = len(self.problems)
        if schema.dialect == "openapi-3.1":
            self._unevaluated(schema, data, pointer)
        words = ("contains", "unevaluatedProperties", "unevaluatedItems", "$dynamicRef")
        word = next((word for word in words if word in schema.siblings), "")
        if word and len(self.problems) == before:
            self._add(pointer, word)

    def _unevaluated(self, schema: Schema, data: Any, pointer: Pointer) -> None:
        """Tell of each property or item that no other keyword has looked at."""
        word = "unevaluatedProperties" if isinstance(data, dict) else "unevaluatedItems"
        if word not in schema.siblings or not isinstance(data, dict | list):
            return
        refused = self._judge.unevaluated(schema, data)
        names: Sequence[str | int] = refused if isinstance(data, dict) else _places(refused, data)
        for name in names:
            if isinstance(schema.siblings[word], dict):
                self.tell(schema.child(word), data[name], (*pointer, name))  # type: ignore[index]
            else:
                self._add((*pointer, name), word)


def _places(refused: list[str], items: list[Any]) -> list[int]:
    """Return the indices of items that are told as JSON, in their order: equal ones that are fine stand before them."""
    found: list[int] = []
    for index in reversed(range(len(items))):
        if refused and json.loads(refused[-1]) == items[index]:
            refused.pop()
            found.append(index)
    return found[::-1]


def _names(written: object) -> list[str]:
    return [name for name in written if isinstance(name, str)] if isinstance(written, list) else []


def _says(schema: Schema, word: str) -> bool:
    return any(part.siblings.get(word) is True for part in parts_of(schema))


def _is_of(types: str | list[str], data: Any) -> bool:
    judge: Callable[[Any], bool] = keyword_judge(json.dumps({"type": types}))
    return types == "file" or judge(data)


def _may_be(schema: Schema, data: Any) -> bool:
    """Tell whether a branch is likely to be meant: its type is right, and the properties that it requires are there."""
    types = told_types(schema)
    name = json_type(data)
    needed = [each for part in parts_of(schema) for each in _names(part.siblings.get("required"))]
    if isinstance(data, dict) and not data.keys() >= set(needed):
        return False
    return types is None or name in types or (name in ("integer", "number") and bool(types & {"integer", "number"}))
