"""Swagger 2.0 documents, as records."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from pymacaron.spec.cursor import Cursor
from pymacaron.spec.document import SecurityDefinition
from pymacaron.spec.documentreader import DocumentReader
from pymacaron.spec.operation import Header, In, MediaType, Parameter, RequestBody, Response
from pymacaron.spec.place import Place
from pymacaron.spec.schema import Schema
from pymacaron.spec.security import read_definitions
from pymacaron.spec.servers import base_path

__all__ = ["Swagger2Reader"]

_JSON = ("application/json",)
_MULTIPART = "multipart/form-data"
_FORMS = ("application/x-www-form-urlencoded", _MULTIPART)
_COLLECTION_STYLES = {"ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
_NOT_SCHEMA = ("name", "in", "required", "allowEmptyValue")


class Swagger2Reader(DocumentReader):
    """Reads a Swagger 2.0 document."""

    locations = ("path", "query", "header", "formData", "body")

    def __init__(self, root: Cursor, version: str) -> None:
        super().__init__(root, version, "swagger-2.0")

    def schemas(self) -> dict[str, Schema]:
        """Return the schemas of `definitions`."""
        return self.named_schemas(self.root.get("definitions"))

    def components(self) -> None:
        """Read the named parts, used or not."""
        for _, parameter in self.root.entries("parameters"):
            self.shared(parameter, self.parameter)
            self.shared(parameter, self.body_schema)
        for _, response in self.root.entries("responses"):
            self.shared(response, self.open_response)

    def security_definitions(self) -> dict[str, SecurityDefinition]:
        """Return the schemes of `securityDefinitions`."""
        return read_definitions(self.root.entries("securityDefinitions"))

    def base_paths(self, holder: Cursor) -> tuple[str, ...]:
        """Return the basePath of the document; `servers` are nothing in Swagger 2.0."""
        path = self.root.text("basePath") or "/"
        if not path.startswith("/"):
            self.root.warning(f"'basePath: {path}' does not begin with '/', so '/{path}' is served", "basePath")
        return (base_path(path),)

    def servers(self, holder: Cursor) -> tuple[str, ...]:
        """Return the URLs that `schemes`, `host` and `basePath` make, https first, which is also the default."""
        host, path = self.root.node.get("host"), self.document_base_paths[0]
        if not isinstance(host, str):
            return (path,) if path else ()
        schemes = self.root.node.get("schemes")
        known = [scheme for scheme in ("https", "http") if isinstance(schemes, list) and scheme in schemes]
        return tuple(f"{scheme}://{host}{path}" for scheme in known or ["https"])

    def parameter(self, cursor: Cursor) -> Parameter | None:
        """Return one parameter, None for a body."""
        location = self.location(cursor)
        name = cursor.needed("name", "this parameter")
        if location in (None, "body") or name is None:
            return None
        if location == "path" and not cursor.boolean("required"):
            cursor.warning(f"the path parameter '{name}' counts as required; write 'required: true'")
        style, explode = self.collection(cursor, cast("In", location))
        return Parameter(
            name=name,
            location=cast("In", location),
            place=cursor.place,
            schema=self.own_schema(cursor),
            required=location == "path" or cursor.boolean("required"),
            style=style,
            explode=explode,
            allow_empty_value=cursor.boolean("allowEmptyValue"),
            description=cursor.text("description") or "",
        )

    def collection(self, cursor: Cursor, location: str) -> tuple[str, bool]:
        """Return the style and explode that stand for a collectionFormat."""
        plain = "form" if location in ("query", "formData") else "simple"
        written = cursor.text("collectionFormat") or "csv"
        if written == "multi" and plain == "form":
            return plain, True
        if written in _COLLECTION_STYLES:
            return _COLLECTION_STYLES[written], False
        if written != "csv":
            told = f"'collectionFormat: {written}' is none for a parameter in '{location}', 'csv' is used"
            cursor.warning(told, "collectionFormat")
        return plain, False

    def own_schema(self, cursor: Cursor) -> Schema:
        """Return the schema that a parameter or header is itself, without what says how it is sent."""
        keywords = {keyword: value for keyword, value in cursor.node.items() if keyword not in _NOT_SCHEMA}
        self.check.add(cursor.place, keywords)
        return Schema(cursor.place, keywords, self.dialect, self.references)

    def body(self, operation: Cursor, declared: list[Cursor]) -> RequestBody | None:
        """Return the body that a `body` parameter tells of, as all that the operation consumes."""
        bodies = [parameter for parameter in declared if parameter.node.get("in") == "body"]
        if not bodies:
            return None
        if len(bodies) > 1 or any(parameter.node.get("in") == "formData" for parameter in declared):
            operation.error("the operation takes more than one body; keep one 'body' parameter, or 'formData' ones")
        body = bodies[0]
        content = self.carried(self.media_types(operation, "consumes"), body.place, self.shared(body, self.body_schema))
        return RequestBody(body.place, content, body.boolean("required"))

    def body_schema(self, cursor: Cursor) -> Schema | None:
        """Return the schema of a body parameter."""
        if cursor.node.get("in") == "body" and "schema" not in cursor:
            cursor.warning("the body parameter has no 'schema', so everything is taken; add one")
        return self.schema(cursor) if cursor.node.get("in") == "body" else None

    def media_types(self, operation: Cursor, key: str) -> tuple[str, ...]:
        """Return the `consumes` or `produces` of an operation, else of the document."""
        return (operation if key in operation else self.root).texts(key)

    def carried(self, names: tuple[str, ...], place: Place, schema: Schema | None) -> dict[str, MediaType]:
        """Return the content of a body that is sent as any of some media types, as JSON where none is named."""
        return {name: MediaType(name, place, schema) for name in names or _JSON}

    def form_media_types(self, operation: Cursor, parameters: list[Parameter]) -> tuple[str, ...]:
        """Return which types of form the operation consumes, multipart only where it takes a file."""
        forms = [parameter for parameter in parameters if parameter.location == "formData"]
        if not forms:
            return ()
        if any(parameter.schema.keywords.get("type") == "file" for parameter in forms):
            return (_MULTIPART,)
        return tuple(name for name in self.media_types(operation, "consumes") if name in _FORMS) or _FORMS

    def response(self, written: Cursor, operation: Cursor) -> Response | None:
        """Return one response, as all that the operation produces."""
        found = self.shared(written, self.open_response)
        if found is None:
            return None
        response, schema = found
        if schema is None:
            return response
        content = self.carried(self.media_types(operation, "produces"), response.place, schema)
        return replace(response, content=content)

    def open_response(self, cursor: Cursor) -> tuple[Response, Schema | None]:
        """Return one response without status and content, and the schema of its content."""
        headers = {name: self.header(name, header) for name, header in cursor.entries("headers")}
        description = cursor.text("description") or ""
        return Response("", cursor.place, headers=headers, description=description), self.schema(cursor)

    def header(self, name: str, cursor: Cursor) -> Header:
        """Return one header."""
        _, explode = self.collection(cursor, "header")
        return Header(name, cursor.place, self.own_schema(cursor), explode=explode)
