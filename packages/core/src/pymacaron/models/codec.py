"""Codec: values of one schema in one direction, read from JSON and written to it, judged exactly and typed."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cached_property
from typing import Any, Literal

import pydantic_core
from pydantic import BaseModel, ValidationError
from pydantic_core import (
    CoreSchema,
    PydanticSerializationError,
    SchemaSerializer,
    SchemaValidator,
    to_json,
    to_jsonable_python,
)

from pymacaron.models.decoding import decoded, may_be_vast, whole
from pymacaron.models.explain import explained
from pymacaron.models.judge import Judge
from pymacaron.models.plainly import as_dicts, strictly
from pymacaron.models.problems import InvalidValue, ValueProblem, problems_of
from pymacaron.models.wording import Wording

__all__ = ["Codec", "Responses", "read_free"]

log = logging.getLogger(__name__)

Responses = Literal["off", "report", "strict", "deep"]
"""How what handlers return is judged: not at all, logged, refused, or refused with instances of models judged again."""


class Codec:
    """Reads and writes the values of one schema; each method raises InvalidValue for what the schema refuses.

    Where `exact` is set, `validator` and `serializer` alone do all that the methods do, and `kind` is the class of
    model whose instances are trusted as they are (None where values are no models): bytes go to
    `validator.validate_json`, and an instance to `serializer.to_json(instance, warnings=False)`; on an error, the
    method of the codec tells what is wrong.
    """

    def __init__(
        self,
        judge: Judge,
        validator: SchemaValidator,
        serializer: SchemaSerializer,
        core: CoreSchema,
        *,
        exact: bool,
        kind: type[BaseModel] | None = None,
        responses: Responses = "strict",
        hide: Callable[[Any], Any] | None = None,
    ) -> None:
        self.judge = judge
        self.validator = validator
        self.serializer = serializer
        self._core = core
        self.exact = exact
        self.kind = kind
        self._hide = hide
        self._wording = Wording(judge.schema)
        self._octets = Wording(judge.schema, octets=True)
        self._whole = judge.schema.dialect != "openapi-3.1"
        writers: dict[Responses, Callable[[Any], bytes]] = {
            "off": self._write_unjudged,
            "report": self._write_reported,
            "strict": self._write_exact if exact else self._write_judged,
            "deep": self._write_deep if exact else self._write_judged,
        }
        self.read_json: Callable[[bytes], Any] = self._read_json_exact if exact else self._read_json_judged
        self.read: Callable[[Any], Any] = self._read_exact if exact else self._read_judged
        self._judging = writers["deep" if responses == "deep" else "strict"]
        self.write_json: Callable[[Any], bytes] = writers[responses]

    @property
    def hides(self) -> bool:
        """Whether what it writes may lack something of the value, because the document never sends it."""
        return self._hide is not None

    def accepts(self, value: Any) -> bool:
        """Tell whether a value of Python is one of the schema's."""
        try:
            self.read(value)
        except InvalidValue:
            return False
        return True

    def _read_json_exact(self, data: bytes) -> Any:
        try:
            return self.validator.validate_json(data)
        except ValidationError as error:
            return self._read_again(data, error)

    def _read_again(self, data: bytes, error: ValidationError) -> Any:
        """Read integers that are beyond floats and yet written as such, or tell what is wrong with a text."""
        value = decoded(data)
        if may_be_vast(data):
            try:
                return self.validator.validate_json(to_json(value))
            except ValidationError as other:
                error = other
        raise self._explained(value, error) from None

    def _read_exact(self, value: Any) -> Any:
        try:
            return self.validator.validate_python(value)
        except ValidationError as error:
            raise self._explained(value, error) from None

    def _read_json_judged(self, data: bytes) -> Any:
        return self._typed(self._judged(decoded(data)))

    def _read_judged(self, value: Any) -> Any:
        return self._typed(self._judged(value, self._plain(value)))

    def _judged(self, value: Any, plain: Any = ...) -> Any:
        """Return a value that the schema accepts, integers as integers."""
        data = value if plain is ... else plain
        if self._whole:
            data = whole(data)
            value = data if plain is ... or plain is value else value
        if not self.judge.accepts(data):
            raise InvalidValue(explained(self.judge, data))
        return value

    def _typed(self, value: Any) -> Any:
        """Return the typed value; raise InvalidValue where Python has none, such as for a leap second."""
        try:
            return self.validator.validate_python(value)
        except ValidationError as error:
            raise InvalidValue(problems_of(error, value)) from None

    def _write_exact(self, value: Any) -> bytes:
        """Write an instance as it is, plain data as dicts, what holds both as models, and all else by way of JSON."""
        if type(value) is self.kind:
            try:
                return self.serializer.to_json(value, warnings=False)
            except PydanticSerializationError:
                return self._write_deep(value)
        if self._dicts is not None:
            try:
                return self._dicts[1].to_json(self._dicts[0].validate_python(value))
            except (ValidationError, PydanticSerializationError):
                pass
        try:
            return self._dumped(self._strict.validate_python(value))
        except ValidationError:
            return self._dumped(self._read_json_exact(to_json(self._plain_json(value))))

    @cached_property
    def _dicts(self) -> tuple[SchemaValidator, SchemaSerializer] | None:
        schema = as_dicts(self._core)
        return None if schema is None else (SchemaValidator(schema), SchemaSerializer(schema))

    @cached_property
    def _strict(self) -> SchemaValidator:
        return SchemaValidator(strictly(self._core), _use_prebuilt=False)

    def _write_deep(self, value: Any) -> bytes:
        written = self._dumped(value) if type(value) is self.kind else to_json(self._plain_json(value))
        return self._dumped(self._read_json_exact(written))

    def _write_judged(self, value: Any) -> bytes:
        data = self._plain_json(value)
        if self._hide is not None:
            data = self._hide(data)
        typed = self._typed(self._judged(data))
        if self._hide is None:
            return self._dumped(typed)
        return to_json(self._hide(self.serializer.to_python(typed, mode="json", by_alias=True, warnings=False)))

    def _write_unjudged(self, value: Any) -> bytes:
        data = value if self._hide is None else self._hide(self._plain_json(value))
        if type(data) is self.kind:
            return self._dumped(data)
        return pydantic_core.to_json(data, by_alias=True, inf_nan_mode="null")

    def _write_reported(self, value: Any) -> bytes:
        try:
            return self._judging(value)
        except InvalidValue as error:
            log.error("%s: a response breaks its contract and is sent all the same: %s", self.judge.schema.place, error)
            return self._write_unjudged(value)

    def _dumped(self, value: Any) -> bytes:
        try:
            return self.serializer.to_json(value, by_alias=True, warnings=False)
        except PydanticSerializationError:
            raise self._unwritable(value) from None

    def _plain_json(self, value: Any) -> Any:
        try:
            return self._wording.data(value)
        except ValueError:
            raise self._unwritable(value) from None

    def _unwritable(self, value: Any) -> InvalidValue:
        """Return what is wrong with a value that JSON cannot hold, such as an instance of any class."""
        data = self._plain(value)
        told = [] if self.judge.accepts(data) else explained(self.judge, data)
        return InvalidValue(told or [ValueProblem((), "Input should be what JSON can hold", "type")])

    def _explained(self, value: Any, error: ValidationError) -> InvalidValue:
        data = self._plain(value)
        if self._whole:
            data = whole(data)
        told = [] if self.judge.accepts(data) else explained(self.judge, data)
        return InvalidValue(told or problems_of(error, data))

    def _plain(self, value: Any) -> Any:
        """Return a value as JSON data: what a form or a handler may hold beside it is put into JSON's words."""
        try:
            return self._octets.data(value)
        except ValueError:
            return to_jsonable_python(
                value,
                by_alias=True,
                bytes_mode="base64",
                inf_nan_mode="strings",
                fallback=lambda other: type(other).__name__,
            )


def read_free(data: bytes) -> Any:
    """Return the data of a JSON text of which nothing is declared; raise InvalidValue."""
    return decoded(data)
