"""OpenAPI 3.0, 3.1 and 3.2 documents, as records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

from pymacaron.spec.cursor import Cursor
from pymacaron.spec.document import SecurityDefinition
from pymacaron.spec.documentreader import DocumentReader
from pymacaron.spec.operation import Encoding, Header, In, MediaType, Parameter, RequestBody, Response
from pymacaron.spec.paths import PathItem
from pymacaron.spec.schema import Schema
from pymacaron.spec.security import read_definitions
from pymacaron.spec.servers import server_paths, server_urls

__all__ = ["OpenApi3Reader"]

_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
    "querystring": ("form",),
}
"""The styles of each location, its default first (OpenAPI 3.2, section 4.12.2.2)."""
_EXPLODED = ("form", "cookie")
_NOT_PARAMETERS = ("accept", "content-type", "authorization")


class OpenApi3Reader(DocumentReader):
    """Reads an OpenAPI 3 document."""

    methods = (*DocumentReader.methods, "trace")
    locations: tuple[str, ...] = ("path", "query", "header", "cookie")

    def __init__(self, root: Cursor, version: str) -> None:
        super().__init__(root, version, "openapi-3.0" if version.startswith("3.0") else "openapi-3.1")
        self.named = root.get("components")
        if version.startswith("3.2"):
            self.methods = (*type(self).methods, "query")
            self.locations = (*type(self).locations, "querystring")

    def schemas(self) -> dict[str, Schema]:
        """Return the schemas of `components/schemas`."""
        return self.named_schemas(self.named.get("schemas")) if self.named else {}

    def components(self) -> None:
        """Read the named parts, used or not."""
        if self.named is None:
            return
        for _, parameter in self.named.entries("parameters"):
            self.shared(parameter, self.parameter)
        for _, header in self.named.entries("headers"):
            self.shared(header, self.header)
        for _, body in self.named.entries("requestBodies"):
            self.shared(body, self.request_body)
        for _, response in self.named.entries("responses"):
            self.shared(response, self.open_response)

    def security_definitions(self) -> dict[str, SecurityDefinition]:
        """Return the schemes of `components/securitySchemes`."""
        return read_definitions(self.named.entries("securitySchemes")) if self.named else {}

    def base_paths(self, holder: Cursor) -> tuple[str, ...]:
        """Return the distinct paths of the servers of an object."""
        return server_paths(holder)

    def servers(self, holder: Cursor) -> tuple[str, ...]:
        """Return the URLs of the servers of an object."""
        return server_urls(holder)

    def more_operations(self, item: PathItem) -> Iterator[tuple[str, Cursor]]:
        """Yield the `additionalOperations` of OpenAPI 3.2."""
        if self.version.startswith("3.2"):
            for method, operation in item.first("additionalOperations").entries("additionalOperations"):
                yield method.lower(), operation

    def parameter(self, cursor: Cursor) -> Parameter | None:
        """Return one parameter, None for a header that OpenAPI tells otherwise (3.0.4, section 4.7.12.1)."""
        location = self.location(cursor)
        name = cursor.needed("name", "this parameter")
        if location is None or name is None:
            return None
        if location == "header" and name.lower() in _NOT_PARAMETERS:
            return None
        if location == "path" and not cursor.boolean("required"):
            cursor.warning(f"the path parameter '{name}' counts as required; write 'required: true'")
        schema, content_type = self.carried(cursor)
        style = self.style(cursor, location)
        return Parameter(
            name=name,
            location=cast("In", location),
            place=cursor.place,
            schema=schema,
            required=location == "path" or cursor.boolean("required"),
            style=style,
            explode=cursor.boolean("explode", style in _EXPLODED),
            content_type=content_type,
            allow_empty_value=cursor.boolean("allowEmptyValue"),
            allow_reserved=cursor.boolean("allowReserved"),
            deprecated=cursor.boolean("deprecated"),
            description=cursor.text("description") or "",
        )

    def style(self, cursor: Cursor, location: str) -> str:
        """Return the style of a parameter."""
        known = _STYLES[location]
        style = cursor.text("style") or known[0]
        if style in known:
            return style
        cursor.warning(f"the style '{style}' is none for a parameter in '{location}', '{known[0]}' is used", "style")
        return known[0]

    def carried(self, cursor: Cursor) -> tuple[Schema, str | None]:
        """Return the schema of a parameter or header and, where `content` holds it, the media type."""
        content = self.content(cursor)
        if len(content) > 1:
            cursor.error("'content' must hold just one media type here; keep one", "content")
        for name, media in content.items():
            return media.schema or self.empty_schema(media.place.child("schema")), name
        schema = self.schema(cursor)
        if schema is None:
            cursor.warning("neither 'schema' nor 'content' stands here, so everything is taken; add a 'schema'")
        return schema or self.empty_schema(cursor.place.child("schema")), None

    def content(self, cursor: Cursor) -> dict[str, MediaType]:
        """Return the media types of an object, in the order of the document."""
        found = ((name, self.shared(media, self.media_type)) for name, media in cursor.entries("content"))
        return {name: replace(media, name=name) for name, media in found if media}

    def media_type(self, cursor: Cursor) -> MediaType:
        """Return one media type, its name left open."""
        return MediaType(
            name="",
            place=cursor.place,
            schema=self.schema(cursor),
            item_schema=self.schema(cursor, "itemSchema"),
            encoding={name: self.encoding(encoding) for name, encoding in cursor.entries("encoding")},
        )

    def encoding(self, cursor: Cursor) -> Encoding:
        """Return how one property of a form is sent."""
        style = cursor.text("style") or "form"
        return Encoding(
            content_type=cursor.text("contentType"),
            style=style,
            explode=cursor.boolean("explode", style == "form"),
            allow_reserved=cursor.boolean("allowReserved"),
            headers=self.headers(cursor),
            styled=any(key in cursor for key in ("style", "explode", "allowReserved")),
        )

    def headers(self, cursor: Cursor) -> dict[str, Header]:
        """Return the headers of a response or of a part of a form."""
        found = ((name, self.shared(header, self.header)) for name, header in cursor.entries("headers"))
        return {name: replace(header, name=name) for name, header in found if header and name.lower() != "content-type"}

    def header(self, cursor: Cursor) -> Header:
        """Return one header, its name left open."""
        schema, content_type = self.carried(cursor)
        return Header(
            name="",
            place=cursor.place,
            schema=schema,
            required=cursor.boolean("required"),
            explode=cursor.boolean("explode"),
            content_type=content_type,
        )

    def body(self, operation: Cursor, declared: list[Cursor]) -> RequestBody | None:
        """Return what `requestBody` declares."""
        body = operation.get("requestBody")
        return self.shared(body, self.request_body) if body else None

    def request_body(self, cursor: Cursor) -> RequestBody:
        """Return one request body."""
        if "content" not in cursor:
            cursor.warning("the request body has no 'content', so everything is taken; add its media types")
        return RequestBody(cursor.place, self.content(cursor), cursor.boolean("required"))

    def response(self, written: Cursor, operation: Cursor) -> Response | None:
        """Return one response, its status left open."""
        return self.shared(written, self.open_response)

    def open_response(self, cursor: Cursor) -> Response:
        """Return one response, its status left open."""
        return Response(
            status="",
            place=cursor.place,
            content=self.content(cursor),
            headers=self.headers(cursor),
            description=cursor.text("description") or "",
        )
