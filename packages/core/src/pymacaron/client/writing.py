"""RequestWriter: from the arguments of a call to the request that is sent."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import uuid4

from pydantic_core import to_jsonable_python

from pymacaron.client.contents import NOTHING, Content, ContentWriter, content_writer
from pymacaron.client.forms import MULTIPART, URLENCODED, Part, file_part, is_file
from pymacaron.client.library import httpx
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Called, Outgoing, request_id
from pymacaron.config.redaction import looks_secret
from pymacaron.exceptions import BadCallError
from pymacaron.http.names import parameter_keywords
from pymacaron.http.problems import Problems
from pymacaron.models.codec import Codec
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.spec import Operation, Parameter
from pymacaron.version import __version__
from pymacaron.wire import EMPTY, ParameterCodec, Pieces, Unsendable, compile_codec, join_cookies, join_query
from pymacaron.wire.schemas import types_of

__all__ = ["RequestWriter", "request_writer"]

IDEMPOTENT = frozenset({"get", "head", "options", "trace", "put", "delete", "query"})
"""Methods that may be repeated (RFC 9110, section 9.2.2)."""
IDEMPOTENCY_KEY = "idempotency-key"
ANYTHING = "*/*;q=0.1"


@dataclass(frozen=True, slots=True)
class ParameterWriter:
    """How one parameter is written: `codec` judges its value, `wire` writes it; files have neither."""

    parameter: Parameter
    wire: ParameterCodec
    codec: Codec

    def pieces(self, value: Any) -> Pieces:
        """Return the pieces of a value; raises InvalidValue and Unsendable."""
        if value is EMPTY:
            return self.wire.encode(EMPTY)
        data = to_jsonable_python(value, by_alias=True, bytes_mode="utf8", inf_nan_mode="strings")
        self.codec.read(data)
        return self.wire.encode(data)


@dataclass(frozen=True, slots=True)
class RequestWriter:
    """Writes the requests of one operation; `signature` is that of its function."""

    called: Called
    operation: Operation
    path: str
    signature: inspect.Signature
    parameters: Mapping[str, ParameterWriter]
    body: ContentWriter | None
    accept: str
    hides_path: bool

    def write(self, arguments: Sequence[Any], keywords: Mapping[str, Any], base: str, options: Options) -> Outgoing:
        """Return the request; raises TypeError for arguments that the operation does not know or misses.

        Raises BadCallError with all values that it does not take.
        """
        given = dict(keywords)
        content = NOTHING
        problems = Problems()
        bound = self.signature.bind(*arguments, **given)
        if self.body is not None:
            content = self._content(self.body, bound.args[0] if bound.args else None, options, problems)
        found = self._pieces({name: value for name, value in given.items() if value is not None}, problems)
        if found["formData"] or found["files"]:
            content = self._form(found)
        path = self._path(dict(found["path"]), problems)
        if problems.found:
            raise BadCallError(f"{self._name()}: {problems.told()}", problems=problems.found)
        headers = self._headers(found, content, options)
        keyed = any(name.lower() == IDEMPOTENCY_KEY for name, _ in found["header"])
        return Outgoing(
            self.called,
            self.operation.method.upper(),
            base.rstrip("/") + path + _query(found),
            headers,
            content,
            hidden=base.rstrip("/") + self.path if self.hides_path else "",
            repeatable=(keyed or self.operation.method in IDEMPOTENT) and content.repeatable,
        )

    def _content(self, body: ContentWriter, value: Any, options: Options, problems: Problems) -> Content:
        if value is not None:
            return cast("Content", _try(lambda: body.write(value, options.media_type), NOTHING, problems, "body", ""))
        if self.operation.body is not None and self.operation.body.required:
            problems.add("body", "", "Is required", keyword="required")
        return NOTHING

    def _pieces(self, given: dict[str, Any], problems: Problems) -> dict[str, list[Any]]:
        """Return the pieces of all parameters by where they stand, and the files of Swagger 2.0's forms."""
        found: dict[str, list[Any]] = {
            place: [] for place in ("path", "query", "querystring", "header", "cookie", "formData", "files")
        }
        for name, writer in self.parameters.items():
            parameter = writer.parameter
            value = given.get(name)
            if value is None and _is_key(parameter):
                value = str(uuid4())
            if value is None:
                if parameter.required:
                    problems.add(parameter.location, parameter.name, "Is required", keyword="required")
            elif "file" in types_of(parameter.schema):
                found["files"] += self._file(parameter, value, problems)
            else:
                nothing: Pieces = ()
                found[parameter.location] += _try(
                    lambda writer=writer, value=value: writer.pieces(value),  # type: ignore[misc]
                    nothing,
                    problems,
                    parameter.location,
                    parameter.name,
                )
        return found

    def _file(self, parameter: Parameter, value: Any, problems: Problems) -> list[Part]:
        if is_file(value):
            return [file_part(parameter.name, value)]
        problems.add(parameter.location, parameter.name, "Should be bytes, a binary file or (filename, one of them)")
        return []

    def _form(self, found: Mapping[str, list[Any]]) -> Content:
        """Return Swagger 2.0's form; the texts of a multipart form are not percent-encoded."""
        if MULTIPART in self.operation.form_media_types and (
            found["files"] or URLENCODED not in self.operation.form_media_types
        ):
            texts = [Part(name, text.encode()) for name, text in found["formData"]]
            return Content(parts=(*texts, *found["files"]))
        return Content(URLENCODED, join_query(found["formData"]).encode())

    def _path(self, texts: Mapping[str, str], problems: Problems) -> str:
        """Return the path; raises no dots and no emptiness into it, which would make it the path of something else."""
        path = self.path
        for name, text in texts.items():
            path = path.replace(f"{{{name}}}", text)
            if not text and f"/{{{name}}}" in self.path:
                problems.add("path", name, "Should not be empty")
        if any(segment in (".", "..") for segment in path.split("/")):
            problems.add("path", next(iter(texts), ""), "Should not be made of dots alone")
        return path

    def _headers(self, found: Mapping[str, list[Any]], content: Content, options: Options) -> Any:
        pairs = [("Accept", self.accept), ("User-Agent", f"pymacaron/{__version__}"), *found["header"]]
        if content.media_type:
            pairs.append(("Content-Type", content.media_type))
        if found["cookie"]:
            pairs.append(("Cookie", join_cookies(found["cookie"])))
        headers = httpx().Headers(pairs, encoding="latin-1")
        if known := request_id():
            headers.setdefault("X-Request-ID", known)
        headers.update(options.headers)
        return headers

    def _name(self) -> str:
        return f"{self.called.api}.{self.called.name}() ({self.called.operation})"


def request_writer(
    called: Called, operation: Operation, pool: ModelPool, *, ignore_base_path: bool = False, local: bool = False
) -> RequestWriter:
    """Compile the writer of an operation; `local` where its path stands below no server's URL."""
    path = operation.full_paths(ignore_base_path=ignore_base_path)[0] if local else operation.path
    keywords = parameter_keywords(operation.parameters)
    multipart = MULTIPART in operation.form_media_types and URLENCODED not in operation.form_media_types
    file = any("file" in types_of(each.schema) for each in operation.parameters)
    writers = {
        keyword: _writer(operation, parameter, pool, decoded=multipart or file)
        for parameter, keyword in keywords.items()
    }
    body = content_writer(operation.body, pool) if operation.body else None
    accepted = dict.fromkeys(name for answer in operation.responses.values() for name in answer.content)
    return RequestWriter(
        called,
        operation,
        path,
        _signature(operation, writers),
        writers,
        body,
        accept=", ".join([*accepted, ANYTHING]),
        hides_path=any(each.location == "path" and looks_secret(each.name) for each in operation.parameters),
    )


def _writer(operation: Operation, parameter: Parameter, pool: ModelPool, *, decoded: bool) -> ParameterWriter:
    others = [each.name for each in operation.parameters if each.location == parameter.location and each != parameter]
    wire = compile_codec(parameter, others, decoded=decoded and parameter.location == "formData")
    return ParameterWriter(parameter, wire, pool.codec(parameter.schema, "request"))


def _signature(operation: Operation, writers: Mapping[str, ParameterWriter]) -> inspect.Signature:
    """Return the signature of the function: the body first, and each parameter as a keyword."""
    kinds = inspect.Parameter
    parameters = []
    if operation.body is not None:
        default = kinds.empty if operation.body.required else None
        parameters.append(kinds("body", kinds.POSITIONAL_ONLY, default=default))
    for name, writer in writers.items():
        needed = writer.parameter.required and not _is_key(writer.parameter)
        parameters.append(kinds(name, kinds.KEYWORD_ONLY, default=kinds.empty if needed else None))
    return inspect.Signature(parameters)


def _is_key(parameter: Parameter) -> bool:
    return parameter.location == "header" and parameter.name.lower() == IDEMPOTENCY_KEY


def _query(found: Mapping[str, list[Any]]) -> str:
    texts = [join_query(found["query"])] if found["query"] else []
    texts += [text for _, text in found["querystring"]]
    return f"?{'&'.join(texts)}" if texts else ""


def _try(write: Callable[[], Any], otherwise: Any, problems: Problems, location: str, name: str) -> Any:
    """Return what is written; what is wrong with the value is added to the problems."""
    try:
        return write()
    except InvalidValue as error:
        problems.add_invalid(location, name, error)
    except Unsendable as error:
        problems.add(location, name, str(error))
    return otherwise
