"""The check of every schema of a document, once: its references resolve, and its keywords have the types they need."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymacaron.spec.cursor import Report, kind, told
from pymacaron.spec.defaults import fits_at_sight
from pymacaron.spec.identifiers import is_known
from pymacaron.spec.keywords import LISTS, LISTS_NEW, MAPS, MAPS_NEW, ONE, ONE_NEW
from pymacaron.spec.place import Place
from pymacaron.spec.references import BrokenReferenceError, References, endless
from pymacaron.spec.schema import Dialect, Schema

__all__ = ["SchemaCheck"]

Spot = tuple[Path, tuple[str, ...], Any]
"""A node with its file and pointer, cheaper than with a Place."""

TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}
COUNTS = ("maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties")
COUNTS_NEW = ("maxContains", "minContains")
BOOLEANS = ("nullable", "readOnly", "uniqueItems", "writeOnly")
TEXTS = ("$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "contentEncoding", "contentMediaType", "format", "pattern")


class SchemaCheck:
    """Walks the schemas of one document from wherever they stand, without recursion, each node once."""

    def __init__(self, references: References, report: Report, dialect: Dialect) -> None:
        self.references = references
        self.report = report
        self.dialect = dialect
        self.files: dict[Path, None] = {}
        self.bases: list[Place] = []
        self.defaults: list[Schema] = []
        self._new = dialect == "openapi-3.1"
        self._types = {*TYPES, "file"} if dialect == "swagger-2.0" else TYPES
        self._seen: dict[int, Any] = {}
        self._sound: set[int] = set()
        self._waiting: list[Spot] = []
        self._keywords = self._checks()

    def add(self, place: Place, node: Any) -> Schema:
        """Return the schema at a place, an empty one where none can be read, and check it with all that it leads to."""
        self._waiting.append((place.file, place.pointer, node))
        while self._waiting:
            self._visit(*self._waiting.pop())
        return self.references.written(place, node if isinstance(node, (dict, bool)) else {}, self.dialect)

    def _checks(self) -> dict[str, Callable[[Path, tuple[str, ...], Any], None]]:
        """Return what checks each keyword of the dialect."""
        checks: dict[str, Callable[[Path, tuple[str, ...], Any], None]] = {
            **dict.fromkeys(ONE + (ONE_NEW if self._new else ()), self._one),
            **dict.fromkeys(LISTS + (LISTS_NEW if self._new else ()), self._list),
            **dict.fromkeys(MAPS + (MAPS_NEW if self._new else ()), self._map),
            **dict.fromkeys(COUNTS + (COUNTS_NEW if self._new else ()), self._count),
            **dict.fromkeys(BOOLEANS, self._boolean),
            **dict.fromkeys(("minimum", "maximum", "multipleOf"), self._number),
            **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), self._number if self._new else self._boolean),
            **dict.fromkeys(TEXTS, self._text),
            "type": self._type,
            "required": self._names,
            "enum": self._values,
            "discriminator": self._text if self.dialect == "swagger-2.0" else self._discriminator,
        }
        return {**checks, "dependentRequired": self._lists_of_names} if self._new else checks

    def _visit(self, file: Path, pointer: tuple[str, ...], node: Any) -> None:
        self.files[file] = None
        if id(node) in self._seen or isinstance(node, bool):
            return
        if not isinstance(node, dict):
            self.report.error(
                Place(file, pointer), f"a schema must be a mapping or a boolean, not {kind(node)}; correct it"
            )
            return
        self._seen[id(node)] = node
        if "$ref" in node:
            self._reference(Place(file, pointer), node)
            if not self._new:
                return
        if self._new and "$dynamicRef" in node:
            self._dynamic_reference(Place(file, pointer), node["$dynamicRef"])
        self._check_keywords(file, pointer, node)

    def _check_keywords(self, file: Path, pointer: tuple[str, ...], node: dict[str, Any]) -> None:
        if "discriminator" in node and not node.keys() & {"oneOf", "anyOf"}:
            self.bases.append(Place(file, pointer))
        if "default" in node:
            self._default(Place(file, pointer), node)
        keywords = self._keywords
        meaningless = []
        for keyword, value in node.items():
            check = keywords.get(keyword)
            if check is None:
                continue
            if value is None or (keyword == "required" and isinstance(value, bool)):
                meaningless.append(keyword)
            else:
                check(file, (*pointer, keyword), value)
        for keyword in meaningless:
            self._drop(Place(file, (*pointer, keyword)), node, keyword)

    def _default(self, place: Place, node: dict[str, Any]) -> None:
        try:
            fits = fits_at_sight(node)
        except TypeError:  # what is wrong with its keywords is told anyway
            return
        if not fits:
            self.defaults.append(self.references.written(place, node, self.dialect))

    def _drop(self, place: Place, node: dict[str, Any], keyword: str) -> None:
        """Drop a keyword without a meaning, such as draft 3's `required: true`: real documents hold some."""
        told = f"'{keyword}' has no value and is left out; give it one, or remove it"
        if isinstance(node[keyword], bool):
            told = "a boolean 'required' means nothing in a schema; list the property in the 'required' of its object"
        self.report.warning(place, told)
        del node[keyword]

    def _reference(self, place: Place, node: dict[str, Any]) -> None:
        """Check that a reference leads somewhere, and not back to itself; what it names is visited too."""
        try:
            found, target = self.references.resolve(place, node["$ref"], self.dialect)
            if not is_known(str(isinstance(target, dict) and target.get("$id"))):
                self._waiting.append((found.file, found.pointer, target))
            self._check_chain(place, node)
        except BrokenReferenceError as error:
            self.report.broken(error)

    def _dynamic_reference(self, place: Place, written: object) -> None:
        """Check that a dynamic reference leads somewhere where it stands; what it names is visited too."""
        try:
            found, target = self.references.resolve(place, written, self.dialect)
        except BrokenReferenceError:
            sentence = f"'$dynamicRef: {written}' names no schema; write the name of a '$dynamicAnchor', or a reference"
            self.report.error(place.child("$dynamicRef"), sentence)
            return
        if not is_known(str(isinstance(target, dict) and target.get("$id"))):
            self._waiting.append((found.file, found.pointer, target))

    def _check_chain(self, place: Place, node: Any) -> None:
        passed: set[int] = set()
        here = place
        while isinstance(node, dict) and "$ref" in node and id(node) not in self._sound:
            if id(node) in passed:
                self._sound |= passed
                raise endless(place, str(here))
            passed.add(id(node))
            here, node = self.references.resolve(here, node["$ref"], self.dialect)
        self._sound |= passed

    def _wrong(self, file: Path, pointer: tuple[str, ...], value: Any, wanted: str) -> None:
        self.report.error(Place(file, pointer), f"'{pointer[-1]}' must be {wanted}, not {told(value)}; correct it")

    def _one(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if pointer[-1] == "items" and isinstance(value, list):
            self._list(file, pointer, value)
        elif isinstance(value, (dict, bool)):
            self._waiting.append((file, pointer, value))
        else:
            self._wrong(file, pointer, value, "a schema")

    def _list(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, list):
            self._wrong(file, pointer, value, "a list of schemas")
            return
        self._waiting.extend((file, (*pointer, str(index)), schema) for index, schema in enumerate(value))

    def _map(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, dict):
            self._wrong(file, pointer, value, "a mapping of schemas")
            return
        lists = pointer[-1] == "dependencies"
        self._waiting.extend(
            (file, (*pointer, name), schema)
            for name, schema in value.items()
            if not (lists and isinstance(schema, list))
        )

    def _count(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if not whole or isinstance(value, bool) or value < 0:
            self._wrong(file, pointer, value, "a whole number, 0 or more")

    def _number(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            self._wrong(file, pointer, value, "a number")
        elif pointer[-1] == "multipleOf" and value <= 0:
            self._wrong(file, pointer, value, "a number above 0")

    def _boolean(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, bool):
            self._wrong(file, pointer, value, "true or false")

    def _text(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, str):
            self._wrong(file, pointer, value, "text")

    def _type(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name in self._types for name in names):
            wrong = next((name for name in names if not isinstance(name, str) or name not in self._types), value)
            self._wrong(file, pointer, wrong, f"one of {', '.join(sorted(self._types))}")

    def _names(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            self._wrong(file, pointer, value, "a list of names of properties")

    def _values(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, list):
            self._wrong(file, pointer, value, "a list of values")

    def _lists_of_names(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, dict):
            self._wrong(file, pointer, value, "a mapping of lists")
            return
        for name, names in value.items():
            self._names(file, (*pointer, name), names)

    def _discriminator(self, file: Path, pointer: tuple[str, ...], value: Any) -> None:
        if not isinstance(value, dict) or not isinstance(value.get("propertyName"), str):
            self._wrong(file, pointer, value, "a mapping with a 'propertyName'")
            return
        if not isinstance(value.get("defaultMapping", ""), str):
            self._wrong(file, (*pointer, "defaultMapping"), value["defaultMapping"], "the name of a schema")
        mapping = value.get("mapping") or {}
        if not isinstance(mapping, dict) or not all(isinstance(name, str) for name in mapping.values()):
            self._wrong(file, (*pointer, "mapping"), mapping, "a mapping from values to schemas")
