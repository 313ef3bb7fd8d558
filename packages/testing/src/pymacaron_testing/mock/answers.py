"""How a mock answers: what the caller prefers, what was put into a collection before, an example, or a made value."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

from flask import current_app

from pymacaron import Call
from pymacaron.exceptions import PyMacaronException, RequestError
from pymacaron.http.mediatypes import is_json
from pymacaron.http.names import parameter_keywords
from pymacaron.models.pool import ModelPool
from pymacaron.spec import MediaType, Operation, Response, Schema
from pymacaron_testing.mock.errors import plain_error
from pymacaron_testing.mock.examples import examples_of
from pymacaron_testing.mock.prefer import Preference, preference
from pymacaron_testing.mock.remembering import Remembering, Turn
from pymacaron_testing.mock.responses import chosen, json_or_first
from pymacaron_testing.values import NoValueError, Values

__all__ = ["Mock", "MockError", "answer"]


class MockError(PyMacaronException):
    """The document does not say enough to answer a call."""

    code = "NO_EXAMPLE"
    status = 501


def answer(*body: Any, _call: Call, **parameters: Any) -> Any:
    """Answer any operation: the handler that a mock binds to all of them."""
    mock: Mock = current_app.extensions["pymacaron_mock"]
    keywords = parameter_keywords(_call.operation.parameters)
    path = {
        parameter.name: parameters.get(word) for parameter, word in keywords.items() if parameter.location == "path"
    }
    prefers = preference(_call.request.headers.get("Prefer", ""))
    return mock.answer(_call, path, _call.request.get_json(silent=True), prefers)


class Mock:
    """The memory of a mock, and how it makes values."""

    def __init__(self, pools: Mapping[str, ModelPool], seed: int) -> None:
        self._seed = seed
        self._values = Values("response")
        self._remembering = Remembering(pools, self.accepts, self.value)
        self._count = itertools.count(1)

    def answer(self, call: Call, path: Mapping[str, Any], body: Any, prefers: Preference) -> Any:
        """Return what a handler would: a result, its status and its headers."""
        operation = call.operation
        status, response = chosen(operation, prefers.code)
        headers = self._headers(response, prefers)
        media = json_or_first(response)
        if media is None:
            if 200 <= status < 300:
                self._remembering.reply(Turn(call, path, body, None, None))
            return None, status, headers
        sample = self._sample(operation, status, response, media, prefers)
        if not is_json(media.name) and media.name != "*/*":
            return sample if isinstance(sample, str | bytes) else "", status, headers
        if 200 <= status < 300 and not prefers.example:
            result, key = self._remembering.reply(Turn(call, path, body, media.schema, sample))
            location = {"Location": f"{call.request.path.rstrip('/')}/{key}"} if key and status == 201 else {}
            return result, status, {**location, **headers}
        return sample, status, headers

    def _headers(self, response: Response | None, prefers: Preference) -> dict[str, Any]:
        """Return the headers that a response requires, and what of the preferences was applied."""
        required = response.headers.items() if response else ()
        made = {name: self.value(header.schema, f"header {name}") for name, header in required if header.required}
        return {**made, **({"Preference-Applied": prefers.text} if prefers.text else {})}

    def _sample(
        self, operation: Operation, status: int, response: Response | None, media: MediaType, prefers: Preference
    ) -> Any:
        """Return the example that is preferred, the first that fits the schema, or a made value."""
        examples = [] if response is None or prefers.dynamic else list(examples_of(response, media))
        if prefers.example:
            for name, example in examples:
                if name == prefers.example:
                    return example
            raise RequestError(f"the header Prefer: this response has no example '{prefers.example}'")
        for _, example in examples:
            if media.schema is None or self.accepts(media.schema, example):
                return example
        if media.schema is None:
            return {}
        seed = f"{operation.method} {operation.path} {status}"
        made = self.value(media.schema, f"{seed} {next(self._count)}" if prefers.dynamic else seed, prefers.dynamic)
        if status < 400 or not isinstance(made, dict):
            return made
        told = {**made, **{name: value for name, value in plain_error(status).items() if name in made}}
        return told if self.accepts(media.schema, told) else made

    def accepts(self, schema: Schema, value: Any) -> bool:
        """Tell whether a schema accepts a value in a response."""
        return self._values.accepts(schema, value)

    def value(self, schema: Schema, seed: str, dynamic: bool = False) -> Any:
        """Return a value of a schema, without its examples if `dynamic`; raises MockError where none can be made."""
        try:
            return self._values.value(schema, f"{self._seed} {seed}", examples=not dynamic)
        except NoValueError as error:
            raise MockError(str(error)) from None
