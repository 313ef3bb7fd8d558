"""The parameters of an operation, read from a request and handed to the handler as keywords."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from pymacaron.http.forms import FormFields, form_of
from pymacaron.http.handlers import BoundOperation
from pymacaron.http.incoming import Incoming, ascii_only, header_key
from pymacaron.http.problems import Problems
from pymacaron.http.rawpath import raw_values
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import Operation, Parameter
from pymacaron.wire import ABSENT, EMPTY, ParameterCodec, Unreadable, compile_codec, plain_reader
from pymacaron.wire.schemas import types_of

__all__ = ["ArgumentReader", "read_arguments", "readers"]

log = logging.getLogger(__name__)

COMPOUND = {"array", "object"}
REPLACED = "\ufffd"
"""What werkzeug makes of bytes in a path that are not UTF-8."""
NONE: Sequence[Any] = ()

Texts = Callable[[Incoming], Sequence[Any]]
Decode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class ArgumentReader:
    """How one parameter is read: `texts` finds it, `decode` turns its texts into a JSON value, `judge` validates it.

    `absent` gives the value of one that was left out, ABSENT where the handler's own default is to be taken. `counted`
    says that it may hold items beside others that do: one alone is bounded by its codec.
    """

    parameter: Parameter
    keyword: str
    texts: Texts
    decode: Decode
    judge: Callable[[Any], Any]
    absent: Callable[[], Any]
    counted: bool


def readers(bound: BoundOperation, pool: ModelPool, variables: Mapping[str, str]) -> tuple[ArgumentReader, ...]:
    """Return the readers of an operation's parameters; `variables` maps path parameters to the router's names."""
    counted = sum(map(_holds_items, bound.keywords)) > 1
    return tuple(
        _reader(bound.operation, parameter, keyword, keyword in bound.omitted, counted, pool, variables)
        for parameter, keyword in bound.keywords.items()
    )


def read_arguments(found: Sequence[ArgumentReader], incoming: Incoming, problems: Problems) -> dict[str, Any]:
    """Return the keywords of a call; what is wrong with them is added to the problems."""
    arguments: dict[str, Any] = {}
    for reader in found:
        try:
            value = reader.decode(texts) if (texts := reader.texts(incoming)) else ABSENT
            if value is not ABSENT:
                if reader.counted:
                    incoming.count_items(value)
                arguments[reader.keyword] = reader.judge(value)
                continue
        except InvalidValue as error:
            problems.add_invalid(reader.parameter.location, reader.parameter.name, error)
            continue
        except Unreadable as error:
            problems.add(reader.parameter.location, reader.parameter.name, str(error))
            continue
        if reader.parameter.required:
            problems.add(reader.parameter.location, reader.parameter.name, "Is required", keyword="required")
        elif (value := reader.absent()) is not ABSENT:
            arguments[reader.keyword] = value
    return arguments


def _reader(
    operation: Operation,
    parameter: Parameter,
    keyword: str,
    omitted: bool,
    counted: bool,
    pool: ModelPool,
    variables: Mapping[str, str],
) -> ArgumentReader:
    judge: Callable[[Any], Any] = pool.codec(parameter.schema, "request").read
    absent = _absent(_default(parameter, judge), omitted)
    if parameter.allow_empty_value:
        judge = partial(_unless_empty, judge)
    texts, decode = _way(operation, parameter, variables)
    return ArgumentReader(parameter, keyword, texts, decode, judge, absent, counted and _holds_items(parameter))


def _holds_items(parameter: Parameter) -> bool:
    return parameter.content_type is not None or bool(COMPOUND & types_of(parameter.schema))


def _unless_empty(judge: Callable[[Any], Any], value: Any) -> Any:
    """Hand over None for a name alone, whatever the schema says of it (OpenAPI 3.1, section 4.8.12.2.1)."""
    return None if value is EMPTY else judge(value)


def _absent(default: Any, omitted: bool) -> Callable[[], Any]:
    """Return what gives the value of an absent parameter: a copy where the handler could change it."""
    if default is ABSENT:
        return lambda: ABSENT if omitted else None
    if isinstance(default, str | int | float):
        return lambda: default
    return lambda: copy.deepcopy(default)


def _default(parameter: Parameter, judge: Callable[[Any], Any]) -> Any:
    """Return the default of a parameter as the handler gets it; one that its own schema refuses is none."""
    written = parameter.schema.resolved.keywords.get("default", ABSENT)
    if written is ABSENT:
        return ABSENT
    try:
        return judge(written)
    except InvalidValue:
        log.warning("%s: the default of '%s' breaks its own schema: it is left out", parameter.place, parameter.name)
        return ABSENT


def _way(operation: Operation, parameter: Parameter, variables: Mapping[str, str]) -> tuple[Texts, Decode]:
    """Return how the texts of a parameter are found, and how they are decoded."""
    name = parameter.name
    if parameter.location == "path":
        return _path(operation, parameter, variables[name])
    if parameter.location == "formData":
        return _form(operation, parameter)
    others = [each.name for each in operation.parameters if each.location == parameter.location and each != parameter]
    most = operation.limits.items
    codec = compile_codec(parameter, others, most=most)
    if parameter.location == "header":
        key = header_key(name)
        return lambda incoming: incoming.header(key), codec.decode_texts
    if parameter.location == "cookie":
        return attrgetter("cookies"), codec.decode
    if parameter.location == "querystring":
        return _query_string, codec.decode_texts
    if codec.name is None or parameter.allow_empty_value:
        return attrgetter("pieces"), codec.decode
    return lambda incoming: incoming.query.get(name, NONE), plain_reader(codec)


def _query_string(incoming: Incoming) -> Sequence[str]:
    text = ascii_only(incoming.environ.get("QUERY_STRING", ""))
    return (text,) if text else NONE


def _path(operation: Operation, parameter: Parameter, variable: str) -> tuple[Texts, Decode]:
    """Read a path parameter from the decoded path, but one of several texts from the path as the caller wrote it."""
    if parameter.content_type is not None or not COMPOUND & types_of(parameter.schema):
        return partial(_path_text, variable), plain_reader(compile_codec(parameter, decoded=True))
    raw = raw_values(operation.path, parameter.name)
    codec = compile_codec(parameter, most=operation.limits.items)
    return lambda incoming: (raw(incoming.environ, *_path_text(variable, incoming)),), codec.decode_texts


def _path_text(variable: str, incoming: Incoming) -> Sequence[str]:
    value = incoming.values[variable]
    if REPLACED in value and not incoming.path_is_utf8:
        raise Unreadable("Is not UTF-8")
    return (value,)


def _form(operation: Operation, parameter: Parameter) -> tuple[Texts, Decode]:
    """Read a field of Swagger 2.0's forms, percent-encoded or not, or a file."""
    media_types, name = operation.form_media_types, parameter.name
    if "file" in types_of(parameter.schema):
        return lambda incoming: form_of(incoming, media_types).files.getlist(name), lambda files: files[0]
    most = operation.limits.items
    encoded, decoded = compile_codec(parameter, most=most), compile_codec(parameter, decoded=True, most=most)

    def decode(forms: Sequence[FormFields]) -> Any:
        form = forms[0]
        codec: ParameterCodec = encoded if form.encoded else decoded
        return codec.decode(form.pieces)

    return lambda incoming: (form_of(incoming, media_types),), decode
