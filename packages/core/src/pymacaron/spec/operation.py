"""The frozen records of an operation: what it takes, what it answers, and what it is bound to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pymacaron.spec.place import Place
from pymacaron.spec.requestlimits import DEFAULT_LIMITS, RequestLimits
from pymacaron.spec.schema import Schema

__all__ = ["Binding", "Encoding", "Header", "In", "MediaType", "Operation", "Parameter", "RequestBody", "Response"]

In = Literal["path", "query", "header", "cookie", "formData", "querystring"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter (OpenAPI 3.1, section 4.8.12); `content_type` is set where `content` stands instead of `schema`.

    Swagger 2.0's collectionFormat is told as `style` (form, spaceDelimited, tabDelimited, pipeDelimited, simple) and
    `explode`; its non-body parameters are their own schema.
    """

    name: str
    location: In
    place: Place
    schema: Schema
    required: bool = False
    style: str = "form"
    explode: bool = True
    content_type: str | None = None
    allow_empty_value: bool = False
    allow_reserved: bool = False
    deprecated: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """One header of a response."""

    name: str
    place: Place
    schema: Schema
    required: bool = False
    explode: bool = False
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form is sent (OpenAPI 3.1, section 4.8.15): by its style where the document gives one."""

    content_type: str | None = None
    style: str = "form"
    explode: bool = True
    allow_reserved: bool = False
    headers: Mapping[str, Header] = field(default_factory=dict)
    styled: bool = False


@dataclass(frozen=True, slots=True)
class MediaType:
    """What one media type carries; `schema` is None where the document says nothing.

    `item_schema` is OpenAPI 3.2's schema of each item of a stream.
    """

    name: str
    place: Place
    schema: Schema | None = None
    item_schema: Schema | None = None
    encoding: Mapping[str, Encoding] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestBody:
    """The body that an operation takes, by media type in the order of the document."""

    place: Place
    content: Mapping[str, MediaType]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One response: `status` as written, "200", "2XX" (upper case) or "default"."""

    status: str
    place: Place
    content: Mapping[str, MediaType] = field(default_factory=dict)
    headers: Mapping[str, Header] = field(default_factory=dict)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """The functions that an operation is bound to, as dotted names; `server` is None where nothing binds it.

    `skipped` says that the document declares the operation as not served here (`x-no-bind-server: true`).
    """

    server: str | None = None
    decorate_server: str | None = None
    client: str | None = None
    decorate_request: str | None = None
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: a method on a path template, with everything inherited from its path item and document resolved.

    `base_paths` are the distinct paths of its servers (or Swagger 2.0's basePath), "" for the root, first one first;
    `servers` are their URLs, which may be relative.
    `security` is None where nobody is asked to authenticate; else alternatives of scheme -> scopes, of which an
    empty one lets anybody pass. `form_media_types` are what Swagger 2.0's formData may be sent as, with no `body`.
    """

    method: str
    path: str
    place: Place
    base_paths: tuple[str, ...] = ("",)
    operation_id: str | None = None
    parameters: tuple[Parameter, ...] = ()
    body: RequestBody | None = None
    form_media_types: tuple[str, ...] = ()
    responses: Mapping[str, Response] = field(default_factory=dict)
    security: tuple[Mapping[str, tuple[str, ...]], ...] | None = None
    binding: Binding = Binding()
    limits: RequestLimits = DEFAULT_LIMITS
    tags: tuple[str, ...] = ()
    summary: str = ""
    deprecated: bool = False
    extensions: Mapping[str, Any] = field(default_factory=dict)
    servers: tuple[str, ...] = ()

    def full_paths(self, *, ignore_base_path: bool = False) -> list[str]:
        """Return the path templates under which the operation is served, base paths included."""
        return [self.path] if ignore_base_path else [f"{base}{self.path}" for base in self.base_paths]
