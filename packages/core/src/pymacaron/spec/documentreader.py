"""What reading a document is in every version: its paths, and what an operation inherits from them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from typing import Any, TypeVar

from pymacaron.spec.binding import read_binding
from pymacaron.spec.cursor import Cursor, Report
from pymacaron.spec.document import Document, SecurityDefinition
from pymacaron.spec.operation import Operation, Parameter, RequestBody, Response
from pymacaron.spec.paths import VARIABLE, PathItem, check_path, declared_parameters
from pymacaron.spec.place import Place
from pymacaron.spec.references import References
from pymacaron.spec.requestlimits import read_limits
from pymacaron.spec.schema import Dialect, Schema
from pymacaron.spec.schemas import SchemaCheck
from pymacaron.spec.security import Requirements, read_requirements

__all__ = ["DocumentReader"]

Record = TypeVar("Record")

_STATUS = re.compile(r"[1-5](?:[0-9][0-9]|[xX][xX])|default")


class DocumentReader(ABC):
    """Reads one document; what differs between the versions is left to its two children."""

    methods: tuple[str, ...] = ("get", "put", "post", "delete", "options", "head", "patch")
    locations: tuple[str, ...] = ()

    def __init__(self, root: Cursor, version: str, dialect: Dialect) -> None:
        self.root = root
        self.version = version
        self.dialect = dialect
        self.report: Report = root.report
        self.references: References = root.references
        self.check = SchemaCheck(self.references, self.report, dialect)
        self.check.files[root.place.file] = None
        self._records: dict[tuple[str, int], Any] = {}
        self._served: dict[tuple[str, str], Place] = {}
        self._operation_ids: dict[str, Place] = {}

    def read(self, name: str) -> Document:
        """Return the document as far as it can be read; the report holds its problems."""
        info = self.root.get("info")
        schemas = self.schemas()
        self.components()
        operations = tuple(self._operations())
        self._name_heirs(schemas)
        return Document(
            name=name,
            path=self.root.place.file,
            version=self.version,
            dialect=self.dialect,
            title=(info and info.text("title")) or name,
            operations=operations,
            schemas=schemas,
            security_definitions=self.definitions,
            base_paths=self.document_base_paths,
            files=tuple(self.check.files),
            problems=tuple(problem for problem in self.report.problems if problem.warning),
            defaults=tuple(self.check.defaults),
            extensions=self.root.extensions(),
        )

    @abstractmethod
    def schemas(self) -> dict[str, Schema]:
        """Return the named schemas of the document."""

    @abstractmethod
    def components(self) -> None:
        """Read the other named parts of the document, so that what is wrong with unused ones is told too."""

    @abstractmethod
    def security_definitions(self) -> dict[str, SecurityDefinition]:
        """Return the security schemes of the document."""

    @abstractmethod
    def base_paths(self, holder: Cursor) -> tuple[str, ...]:
        """Return the base paths that an object declares."""

    @abstractmethod
    def parameter(self, cursor: Cursor) -> Parameter | None:
        """Return one parameter, None where it cannot be read or is not told as one."""

    @abstractmethod
    def body(self, operation: Cursor, declared: list[Cursor]) -> RequestBody | None:
        """Return the body that an operation takes."""

    @abstractmethod
    def response(self, written: Cursor, operation: Cursor) -> Response | None:
        """Return one response, its status left open, None for a broken reference."""

    @abstractmethod
    def servers(self, holder: Cursor) -> tuple[str, ...]:
        """Return the URLs of the servers that an object declares."""

    def form_media_types(self, _operation: Cursor, _parameters: list[Parameter]) -> tuple[str, ...]:
        """Return what form parameters may be sent as."""
        return ()

    def more_operations(self, _item: PathItem) -> Iterator[tuple[str, Cursor]]:
        """Yield operations of methods beyond the usual ones."""
        return iter(())

    @cached_property
    def definitions(self) -> dict[str, SecurityDefinition]:
        """The security schemes of the document."""
        return self.security_definitions()

    @cached_property
    def document_base_paths(self) -> tuple[str, ...]:
        """The base paths of every operation that declares none of its own."""
        return self.base_paths(self.root)

    @cached_property
    def document_servers(self) -> tuple[str, ...]:
        """The servers of every operation that declares none of its own."""
        return self.servers(self.root)

    @cached_property
    def document_security(self) -> Requirements:
        """The security of every operation that declares none of its own."""
        return read_requirements(self.root, self.definitions)

    def shared(self, cursor: Cursor, read: Callable[[Cursor], Record]) -> Record | None:
        """Return what `read` makes of an object or of what it refers to, once for each; None for a broken reference."""
        found = cursor.followed()
        if found is None:
            return None
        self.check.files[found.place.file] = None
        key = (read.__name__, id(found.node))
        if key not in self._records:
            self._records[key] = read(found)
        record: Record = self._records[key]
        return record

    def schema(self, cursor: Cursor, key: str = "schema") -> Schema | None:
        """Return the schema under a key, None where there is none."""
        return self.check.add(cursor.place.child(key), cursor.node[key]) if key in cursor else None

    def named_schemas(self, holder: Cursor | None) -> dict[str, Schema]:
        """Return the schemas of a map of schemas, by name."""
        if holder is None:
            return {}
        return {name: self.check.add(holder.place.child(name), node) for name, node in holder.node.items()}

    def empty_schema(self, place: Place, **keywords: Any) -> Schema:
        """Return a schema that is written nowhere."""
        return Schema(place, keywords, self.dialect, self.references)

    def _name_heirs(self, schemas: dict[str, Schema]) -> None:
        """Tell what may be an heir of a base: the schemas of the document, and those that stand beside the base."""
        known = {schema.place for schema in schemas.values()}
        for place in self.check.bases:
            beside = {} if place in known else self._beside(place)
            self.references.bases.setdefault(place, {}).update(beside | schemas)

    def _beside(self, place: Place) -> dict[str, Schema]:
        """Return what stands in a map of schemas, such as the one of another file, and combines others."""
        node = self.references.source(place.file).data
        holder = Place(place.file, place.pointer[:-1])
        for token in holder.pointer:
            node = node.get(token) if isinstance(node, dict) else None
        if not isinstance(node, dict) or holder.pointer[-1:] not in (("definitions",), ("$defs",), ("schemas",)):
            return {}
        named = {name: each for name, each in node.items() if isinstance(each, dict)}
        return {
            name: self.check.add(holder.child(name), each)
            for name, each in named.items()
            if "allOf" in each or name == place.pointer[-1]
        }

    def _operations(self) -> Iterator[Operation]:
        if "paths" not in self.root and self.dialect != "openapi-3.1":
            self.root.warning("the document has no 'paths', so it declares no operation; add them, or 'paths: {}'")
        if "security" in self.root:
            self.document_security  # noqa: B018  what is wrong there is told even where no operation inherits it
        paths = self.root.get("paths")
        for path, written in paths.members(extensible=True) if paths else ():
            item = self._path_item(path, written)
            for method, operation in self._methods(item):
                yield self._operation(item, method, operation)

    def _path_item(self, path: str, written: Cursor) -> PathItem:
        check_path(path, written)
        found = written.followed()
        if found is None or found is written:
            return PathItem(path, (written,))
        self.check.files[found.place.file] = None
        return PathItem(path, (written, found))

    def _methods(self, item: PathItem) -> Iterator[tuple[str, Cursor]]:
        for method in self.methods:
            if operation := item.first(method).get(method):
                yield method, operation
        yield from self.more_operations(item)

    def _operation(self, item: PathItem, method: str, operation: Cursor) -> Operation:
        written = declared_parameters(item, operation)
        declared = [found for parameter in written if (found := parameter.followed())]
        read = [record for parameter in written if (record := self._parameter(parameter))]
        parameters = self._templated(item.path, operation, read)
        self._check_unique(item.path, method, operation)
        scopes = (operation, *item.layers, self.root)
        return Operation(
            method=method,
            path=item.path,
            place=operation.place,
            base_paths=self._base_paths(item, operation),
            operation_id=self._operation_id(operation),
            parameters=tuple(parameters),
            body=self.body(operation, declared),
            form_media_types=self.form_media_types(operation, parameters),
            responses=self._responses(operation),
            security=self._security(operation),
            binding=read_binding(scopes),
            limits=read_limits(scopes),
            tags=operation.texts("tags"),
            summary=operation.text("summary") or "",
            deprecated=operation.boolean("deprecated"),
            extensions=operation.extensions(),
            servers=self._servers(item, operation),
        )

    def _parameter(self, written: Cursor) -> Parameter | None:
        parameter = self.shared(written, self.parameter)
        if parameter is None or (told := self._description(written, parameter.description)) == parameter.description:
            return parameter
        return replace(parameter, description=told)

    def _description(self, written: Cursor, described: str) -> str:
        """Return the description beside a `$ref`, which counts since OpenAPI 3.1 (section 4.8.23), else its own."""
        counts = "$ref" in written and self.dialect == "openapi-3.1"
        return (written.text("description") if counts else None) or described

    def location(self, cursor: Cursor) -> str | None:
        """Return where a parameter stands, None with an error for a place that this version does not know."""
        location = cursor.needed("in", "this parameter")
        if location is None or location in self.locations:
            return location
        cursor.error(f"a parameter cannot be in '{location}'; use one of {', '.join(self.locations)}", "in")
        return None

    def _templated(self, path: str, operation: Cursor, parameters: list[Parameter]) -> list[Parameter]:
        """Drop path parameters that the path does not name, and add those that nothing declares, with warnings."""
        names = dict.fromkeys(VARIABLE.findall(path))
        kept = []
        for parameter in parameters:
            if parameter.location != "path" or parameter.name in names:
                kept.append(parameter)
                continue
            told = f"the path '{path}' has no '{{{parameter.name}}}', so the path parameter is left out; remove it"
            self.report.warning(parameter.place, told)
        declared = {parameter.name for parameter in kept if parameter.location == "path"}
        implied = [name for name in names if name and name not in declared]
        for name in implied:
            operation.warning(f"no parameter declares '{{{name}}}' of '{path}', so it counts as text; declare it")
        return kept + [self._implied(operation.place, name) for name in implied]

    def _implied(self, place: Place, name: str) -> Parameter:
        schema = self.empty_schema(place.child("parameters", name, "schema"), type="string")
        return Parameter(name, "path", place, schema, required=True, style="simple", explode=False)

    def _check_unique(self, path: str, method: str, operation: Cursor) -> None:
        key = (method, VARIABLE.sub("{}", path))
        first = self._served.setdefault(key, operation.place)
        if first is not operation.place:
            operation.error(f"{method.upper()} {path} is declared at {first} already; remove one of the two")

    def _base_paths(self, item: PathItem, operation: Cursor) -> tuple[str, ...]:
        for holder in (operation, *item.layers):
            if "servers" in holder:
                return self.base_paths(holder)
        return self.document_base_paths

    def _servers(self, item: PathItem, operation: Cursor) -> tuple[str, ...]:
        for holder in (operation, *item.layers):
            if "servers" in holder:
                return self.servers(holder)
        return self.document_servers

    def _operation_id(self, operation: Cursor) -> str | None:
        name = operation.text("operationId")
        first = self._operation_ids.setdefault(name, operation.place) if name else operation.place
        if first is not operation.place:
            told = f"the operationId '{name}' stands at {first} already; give each operation its own"
            operation.warning(told, "operationId")
        return name

    def _security(self, operation: Cursor) -> Requirements:
        return read_requirements(operation, self.definitions) if "security" in operation else self.document_security

    def _responses(self, operation: Cursor) -> dict[str, Response]:
        if "responses" not in operation and self.dialect != "openapi-3.1":
            operation.error("the operation has no 'responses'; declare what it answers")
        found: dict[str, Response] = {}
        holder = operation.get("responses")
        for status, written in holder.members(extensible=True) if holder else ():
            if not _STATUS.fullmatch(status):
                written.error(f"'{status}' is no status of a response; write one such as 200, 4XX or default")
            elif response := self.response(written, operation):
                key = status if status == "default" else status.upper()
                description = self._description(written, response.description)
                found[key] = replace(response, status=key, description=description)
        return found
