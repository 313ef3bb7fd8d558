"""Values that a schema accepts: its examples first, else made from its keywords, and judged before they are given."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from pymacaron.models.judge import Judge
from pymacaron.models.merge import constants_of, parts_of, types_of
from pymacaron.models.resources import Direction
from pymacaron.spec import Place, Schema
from pymacaron_testing.texts import text

__all__ = ["NoValueError", "Values"]

TRIES = 30
DEEPEST = 6
FULL = 3
MOST_ITEMS = 3
UNIONS = ("oneOf", "anyOf")
SPAN = 1000
SIMPLEST_LAST = ("object", "array", "string", "integer", "number", "boolean", "null")
NUMBERS = {"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"}


class NoValueError(Exception):
    """No value could be made that a schema accepts."""


class TooDeepError(Exception):
    """A value that was begun needs more levels than it may have."""


class Values:
    """Makes values for one direction of a document's schemas, the same ones for the same seed.

    In a response nothing is written that is `writeOnly`, in a request nothing that is `readOnly`.
    """

    def __init__(self, direction: Direction) -> None:
        self._direction: Direction = direction
        self._hidden = "writeOnly" if direction == "response" else "readOnly"
        self._judges: dict[Place, Judge] = {}

    def hides(self, schemas: Sequence[Schema]) -> bool:
        """Tell whether a property of some schemas belongs to the other direction."""
        return any(part.siblings.get(self._hidden) is True for schema in schemas for part in parts_of(schema))

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Tell whether a schema accepts a value."""
        judge = self._judges.get(schema.place)
        if judge is None:
            judge = self._judges[schema.place] = Judge(schema, self._direction)
        return judge.accepts(value)

    def value(self, schema: Schema, seed: str, *, examples: bool = True) -> Any:
        """Return a value of a schema, an example of the document where one fits; raises NoValueError."""
        if examples:
            for example in _examples(schema):
                if self.accepts(schema, example):
                    return copy.deepcopy(example)
        for attempt in range(TRIES):
            random = Random(f"{seed} {attempt}")  # noqa: S311 - nothing here is a secret
            try:
                made = Attempt(self, random, FULL if attempt < TRIES // 2 else 0, examples).made([schema], 0)
            except TooDeepError:
                continue
            if self.accepts(schema, made):
                return made
        raise NoValueError(f"{schema.place}: no value could be made that this schema accepts: give it an example")


@dataclass(frozen=True)
class Attempt:
    """One try: optional properties and items are made down to the level `full`, examples taken where wanted."""

    values: Values
    random: Random
    full: int
    examples: bool

    def made(self, schemas: Sequence[Schema], depth: int) -> Any:
        """Return a value that all of some schemas were asked for; some keywords only the judge knows."""
        if depth > DEEPEST * 4:
            raise TooDeepError
        if self.examples and depth:
            for example in (each for schema in schemas for each in _examples(schema)):
                if all(self.values.accepts(schema, example) for schema in schemas):
                    return copy.deepcopy(example)
        parts = self._parts(schemas, depth)
        constants = constants_of(parts)
        if constants:
            return copy.deepcopy(self.random.choice(constants))
        kind = self._kind(parts, depth)
        if kind == "object":
            return self._object(parts, depth)
        if kind == "array":
            return self._array(parts, depth)
        if kind == "string":
            return _text(parts, self.random)
        if kind in ("integer", "number"):
            return _number(parts, self.random, whole=kind == "integer")
        return self.random.choice([True, False]) if kind == "boolean" else None

    def _parts(self, schemas: Sequence[Schema], depth: int) -> list[Schema]:
        """Return the parts of schemas, with one branch of each union and condition."""
        parts: dict[Place, Schema] = {}
        pending = list(schemas)
        while pending:
            for part in parts_of(pending.pop()):
                if part.place in parts:
                    continue
                parts[part.place] = part
                pending += [self._branch(part, word, depth) for word in UNIONS if part.siblings.get(word)]
                if {"if", "then"} <= part.siblings.keys() and self.random.random() < 0.5:
                    pending += [part.child("if"), part.child("then")]
        return list(parts.values())

    def _branch(self, part: Schema, word: str, depth: int) -> Schema:
        """Return a branch of a union, far down the one that says least."""
        branches = list(part.children(word).values())
        if depth >= DEEPEST:
            return min(branches, key=lambda branch: len(str(branch.resolved.siblings)))
        return self.random.choice(branches)

    def _kind(self, parts: Sequence[Schema], depth: int) -> str:
        types = types_of(parts) if parts else None
        if types is None:
            return "number" if NUMBERS & {word for part in parts for word in part.siblings} else "string"
        told = [kind for kind in SIMPLEST_LAST if kind in types]
        if not told:
            raise NoValueError(f"{parts[0].place}: this schema asks for two types at once: correct it")
        if depth >= DEEPEST or (self.full == 0 and "null" in told):
            return told[-1]
        return self.random.choice([kind for kind in told if kind != "null"] or told)

    def _object(self, parts: Sequence[Schema], depth: int) -> dict[str, Any]:
        required = {str(name) for part in parts for name in part.siblings.get("required") or ()}
        declared: dict[str, list[Schema]] = {}
        for part in parts:
            for name, schema in _children(part, "properties").items():
                declared.setdefault(name, []).append(schema)
        made: dict[str, Any] = {}
        for name, schemas in declared.items():
            if self.values.hides(schemas) or (name not in required and depth >= self.full):
                continue
            try:
                made[name] = self.made(schemas, depth + 1)
            except (TooDeepError, NoValueError):
                if name in required:
                    raise
        for name in sorted(required - declared.keys()):
            made[name] = self.made(_below(parts, "additionalProperties"), depth + 1)
        names = _below(parts, "propertyNames")
        for _ in range(_most(parts, "minProperties") - len(made)):
            name = str(self.made(names, depth + 1))
            made[name if name not in made else f"{name}{len(made)}"] = self.made(
                _below(parts, "additionalProperties"), depth + 1
            )
        return made

    def _array(self, parts: Sequence[Schema], depth: int) -> list[Any]:
        most = min((int(part.siblings["maxItems"]) for part in parts if "maxItems" in part.siblings), default=SPAN)
        some = self.random.randint(1, MOST_ITEMS) if depth < self.full else 0
        first = [schema for part in parts for schema in _children(part, "prefixItems").values()]
        contained, rest = _below(parts, "contains"), _below(parts, "items")
        unique = any(part.siblings.get("uniqueItems") is True for part in parts)
        maker = replace(self, examples=False) if unique else self
        made: list[Any] = []
        for index in range(min(most, max(_most(parts, "minItems"), some, len(contained)))):
            schemas = first[index : index + 1] or (contained if index == len(first) else []) or rest
            for _ in range(TRIES):
                item = maker.made(schemas, depth + 1)
                if not unique or item not in made:
                    made.append(item)
                    break
        return made


def _examples(schema: Schema) -> Iterator[Any]:
    for each in (schema, schema.resolved):
        listed = each.siblings.get("examples")
        yield from listed if isinstance(listed, list) else ()
        for word in ("example", "x-example", "default"):
            if word in each.siblings:
                yield each.siblings[word]


def _most(parts: Sequence[Schema], word: str) -> int:
    return min(SPAN, max((int(part.siblings.get(word, 0)) for part in parts), default=0))


def _children(part: Schema, word: str) -> dict[str, Schema]:
    return part.children(word) if part.siblings.get(word) else {}


def _below(parts: Sequence[Schema], word: str) -> list[Schema]:
    """Return the schemas that parts have at a keyword."""
    return [part.child(word) for part in parts if isinstance(part.siblings.get(word), dict)]


def _text(parts: Sequence[Schema], random: Random) -> str:
    written = [part.siblings for part in parts]
    pattern = next((words["pattern"] for words in written if "pattern" in words), None)
    format_ = next((words["format"] for words in written if "format" in words), None)
    least = max((int(words.get("minLength", 0)) for words in written), default=0)
    most = min((int(words["maxLength"]) for words in written if "maxLength" in words), default=None)
    return text(random, format_, pattern, least, most)


def _number(parts: Sequence[Schema], random: Random, *, whole: bool) -> int | float:
    lower = _bound(parts, ("minimum", "exclusiveMinimum"), max)
    upper = _bound(parts, ("maximum", "exclusiveMaximum"), min)
    step = max((part.siblings["multipleOf"] for part in parts if "multipleOf" in part.siblings), default=1)
    if lower is None:
        lower = 1 if upper is None or upper > 1 else upper - SPAN * step
    if upper is None:
        upper = lower + SPAN * step
    first, last = math.ceil(lower / step), math.floor(upper / step)
    if first > last:
        return (lower + upper) / 2
    if last - first > SPAN:
        last = first + SPAN
    made = random.randint(first, last) * step
    exclusive = [part.siblings.get(word) for part in parts for word in ("exclusiveMinimum", "exclusiveMaximum")]
    if any(exclusive) and made in (lower, upper):
        made = (first + (last - first) // 2) * step
        if not whole and made in (lower, upper):
            return (lower + upper) / 2
    return int(made) if whole or made == int(made) else made


def _bound(parts: Sequence[Schema], names: Sequence[str], strictest: Callable[[list[float]], float]) -> float | None:
    found = [part.siblings.get(name) for part in parts for name in names]
    numbers = [number for number in found if isinstance(number, int | float) and not isinstance(number, bool)]
    return strictest(numbers) if numbers else None
