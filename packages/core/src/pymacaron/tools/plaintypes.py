"""What handlers and clients take and give, as the plain types of annotations."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from pymacaron.models.plans import (
    AliasRef,
    Choice,
    Constants,
    ListOf,
    MapOf,
    ModelRef,
    Nullable,
    Scalar,
    Selected,
    Tagged,
    Value,
    inner_values,
)
from pymacaron.models.pool import ModelPool
from pymacaron.models.syntax import constant, subscript
from pymacaron.spec import MediaType, Operation, Parameter, Schema

__all__ = ["PlainTypes"]

_DEEPEST = 8
_SCALARS = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "byte": "bytes",
    "binary": "bytes",
    "date": "date",
    "date-time": "datetime",
    "duration": "timedelta",
    "ipv4": "IPv4Address",
    "ipv6": "IPv6Address",
    "uuid": "UUID",
}


@dataclass
class PlainTypes:
    """Writes types; `word` and `model` say how the name of a type and that of a model are written."""

    pool: ModelPool
    word: Callable[[str], ast.expr]
    model: Callable[[str], ast.expr]
    words: dict[str, None] = field(default_factory=dict)
    models: dict[str, None] = field(default_factory=dict)

    def taken(self, schema: Schema) -> ast.expr:
        """Return the type of a value that is handed over."""
        return self._type(self.pool.planner.value(schema), giving=False)

    def given(self, schema: Schema) -> ast.expr:
        """Return the type of a value that is asked for: models may come as mappings too."""
        return self._type(self.pool.planner.value(schema), giving=True)

    def parameter(self, parameter: Parameter, *, giving: bool) -> ast.expr:
        """Return the type of a parameter: None stands for one that is absent and has no default."""
        if parameter.schema.keywords.get("type") == "file":
            return self._word("Any")
        made = self.given(parameter.schema) if giving else self.taken(parameter.schema)
        default = parameter.schema.resolved.keywords.get("default")
        always = parameter.required or (default is not None and not giving)
        return made if always and not parameter.allow_empty_value else self._union([made, constant(None)])

    def body(self, operation: Operation, *, giving: bool) -> ast.expr:
        """Return the type of a request's body."""
        if operation.body is None or not operation.body.content:
            return self._word("Any")
        made = [self._content(media, giving=giving) for media in operation.body.content.values()]
        return self._union(made if operation.body.required else [*made, constant(None)])

    def result(self, operation: Operation, *, giving: bool) -> ast.expr:
        """Return the type of what an operation answers where it succeeds."""
        found = [response for status, response in operation.responses.items() if status[0] in "23"]
        found = found or [response for status, response in operation.responses.items() if status == "default"]
        made: list[ast.expr] = []
        for response in found:
            made += [self._content(media, giving=giving) for media in response.content.values()]
            if not response.content:
                made.append(constant(None))
        return self._union(made) if made else self._word("Any")

    def _content(self, media: MediaType, *, giving: bool) -> ast.expr:
        name = media.name.partition(";")[0].strip().lower()
        form = name in ("application/x-www-form-urlencoded", "multipart/form-data")
        if media.schema is not None and (name == "application/json" or name.endswith("+json") or form):
            return self.given(media.schema) if giving else self.taken(media.schema)
        return self._word("Any")

    def _type(self, value: Value, *, giving: bool, depth: int = 0) -> ast.expr:
        def inner(value: Value) -> ast.expr:
            return self._type(value, giving=giving, depth=depth + 1)

        if depth > _DEEPEST:
            return self._word("Any")
        match value:
            case Scalar(kind=kind):
                return constant(None) if kind == "null" else self._word(_SCALARS[kind])
            case Constants(values=constants):
                return self._constants(constants)
            case ListOf(loose=False):
                items = self._union(map(inner, inner_values(value)))
                return subscript(self._word("Sequence" if giving else "list"), items)
            case MapOf(loose=False):
                members = self._union(map(inner, inner_values(value)))
                return subscript(self._word("Mapping" if giving else "dict"), self._word("str"), members)
            case Nullable(value=item):
                return self._union([inner(item), constant(None)])
            case Choice() | Selected() | Tagged():
                return self._union(map(inner, inner_values(value)))
            case _:
                return self._named(value, giving=giving)

    def _named(self, value: Value, *, giving: bool) -> ast.expr:
        match value:
            case ModelRef(place=place, loose=False):
                made = self._model(self.pool.names.models[place])
                return self._union([made, self._mapping()]) if giving else made
            case AliasRef(place=place) if not giving:
                return self._model(self.pool.names.aliases[place])
            case _:
                return self._word("Any")

    def _constants(self, constants: tuple[Any, ...]) -> ast.expr:
        if constants and all(isinstance(each, str | int) for each in constants):
            return subscript(self._word("Literal"), *map(constant, constants))
        return self._word("Any")

    def _mapping(self) -> ast.expr:
        return subscript(self._word("Mapping"), self._word("str"), self._word("Any"))

    def _union(self, types: Iterable[ast.expr]) -> ast.expr:
        """Return a union that says nothing twice: `X | Y`, None last."""
        told = {ast.unparse(each): each for each in types}
        if any(written.split(".")[-1] == "Any" for written in told):
            return self._word("Any")
        parts = sorted(told.values(), key=lambda each: isinstance(each, ast.Constant))
        if len(parts) > _DEEPEST:
            return subscript(self._word("Union"), *parts)
        union = parts[0]
        for part in parts[1:]:
            union = ast.BinOp(union, ast.BitOr(), part)
        return union

    def _word(self, name: str) -> ast.expr:
        self.words[name] = None
        return self.word(name)

    def _model(self, name: str) -> ast.expr:
        self.models[name] = None
        return self.model(name)
