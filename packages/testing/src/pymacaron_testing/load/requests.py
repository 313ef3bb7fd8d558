"""Valid requests of one operation, made from its schemas: the same ones for the same seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pymacaron.client.options import Options
from pymacaron.client.outgoing import Called, Outgoing
from pymacaron.client.writing import request_writer
from pymacaron.exceptions import StartError
from pymacaron.http.names import parameter_keywords
from pymacaron.spec import MediaType, Parameter, Schema
from pymacaron.wire import is_json
from pymacaron_testing.selection import Selected
from pymacaron_testing.values import NoValueError, Values

__all__ = ["Given", "requests_of"]


@dataclass(frozen=True)
class Given:
    """What all requests have: texts for parameters by name, the body where it is not None, and headers."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


def requests_of(selected: Selected, base: str, count: int, seed: int, given: Given) -> list[Outgoing]:
    """Return so many requests; parameters that need not be there are in half of them.

    Raises StartError for a parameter that the operation does not have, and where no value can be made that it accepts.
    """
    values = Values("request")
    return [Maker(selected, values, f"{seed} {index}", given).made(base) for index in range(count)]


class Maker:
    """Makes one request."""

    def __init__(self, selected: Selected, values: Values, seed: str, given: Given) -> None:
        self._selected = selected
        self._values = values
        self._seed = seed
        self._random = Random(seed)  # noqa: S311 - nothing here is a secret
        self._given = given

    def made(self, base: str) -> Outgoing:
        """Return the request."""
        operation, name = self._selected.operation, self._selected.name
        keywords = parameter_keywords(operation.parameters)
        if unknown := self._given.parameters.keys() - {parameter.name for parameter in keywords}:
            raise StartError(f"{name} has no parameter '{min(unknown)}': correct --set")
        writer = request_writer(
            Called(self._selected.pool.name, operation.operation_id or operation.method, name),
            operation,
            self._selected.pool,
        )
        try:
            values = {keyword: self._parameter(parameter) for parameter, keyword in keywords.items()}
            arguments, media_type = self._content()
        except NoValueError as error:
            raise StartError(f"{name}: {error}") from None
        return writer.write(arguments, values, base, Options(headers=self._given.headers, media_type=media_type))

    def _parameter(self, parameter: Parameter) -> Any:
        if parameter.name in self._given.parameters:
            return self._read(parameter.schema, self._given.parameters[parameter.name])
        if not parameter.required and self._random.random() < 0.5:
            return None
        try:
            return self._value(parameter.schema, parameter.name)
        except NoValueError:
            if parameter.required:
                raise
            return None

    def _read(self, schema: Schema, text: str) -> Any:
        """Return a text as it is where the schema takes it, else as the JSON that it is."""
        if not self._values.accepts(schema, text):
            with suppress(ValueError):
                return json.loads(text)
        return text

    def _content(self) -> tuple[tuple[Any, ...], str | None]:
        body = self._selected.operation.body
        if body is None:
            return (), None
        media = next((each for each in body.content.values() if is_json(each.name)), next(iter(body.content.values())))
        if self._given.body is not None:
            return (self._given.body,), media.name
        return (self._media(media),), media.name

    def _media(self, media: MediaType) -> Any:
        if media.schema is None:
            raise NoValueError(f"{media.place}: a body without a schema cannot be made: give one by --body")
        return self._value(media.schema, "body")

    def _value(self, schema: Schema, name: str) -> Any:
        """Return a value; one of the document's examples in half of the requests, since those may name what exists."""
        return self._values.value(schema, f"{self._seed} {name}", examples=self._random.random() < 0.5)
