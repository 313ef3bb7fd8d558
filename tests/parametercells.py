"""Every cell of the parameter table (OpenAPI 3.2, section 4.12.6; 2.0, collectionFormat), with values that fit it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

STRING = "{type: string}"
ARRAY = "{type: array, items: {type: string}}"
OBJECT = "{type: object, properties: {R: {type: integer}, G: {type: integer}}}"
STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
RICH: dict[str, Any] = {STRING: "a,b c/é&=;.%", ARRAY: ["a,b", "c d", "é&=;.%"], OBJECT: {"R": 100, "G": 200}}
POOR: dict[str, Any] = {STRING: "a", ARRAY: ["a", "b"], OBJECT: RICH[OBJECT]}
"""What styles can carry that have no way to escape their delimiter."""
ESCAPING = {("query", "form"), ("cookie", "form")} | {("path", style) for style in STYLES["path"]}
FORMATS = ("csv", "ssv", "tsv", "pipes", "multi")


@dataclass(frozen=True)
class Cell:
    """One way to send one value: the parameter `p` as a document declares it, in YAML's flow style, without its name.

    Its schema takes no other value than this one.
    """

    name: str
    place: str
    parameter: str
    value: Any

    @property
    def operation(self) -> str:
        """The operationId of its operation."""
        return self.name.replace("-", "_").lower()


def openapi3() -> Iterator[Cell]:
    """Yield the cells of OpenAPI 3: in x style x explode x (primitive, array, object)."""
    for place, styles in STYLES.items():
        for style in styles:
            for explode in ("true", "false"):
                for schema in RICH:
                    if style == "deepObject" and (explode, schema) != ("true", OBJECT):
                        continue
                    value = (RICH if (place, style) in ESCAPING else POOR)[schema]
                    if place == "path" and schema == STRING:
                        value = value.replace("/", "")  # servers decode paths before they route them
                    kind = schema.partition("type: ")[2].partition(",")[0].rstrip("}")
                    only = f"{schema[:-1]}, enum: [{json.dumps(value)}]}}"
                    written = f"in: {place}, required: true, style: {style}, explode: {explode}, schema: {only}"
                    yield Cell(f"{place}-{style}-{explode}-{kind}", place, written, value)


def swagger2() -> Iterator[Cell]:
    """Yield the cells of Swagger 2.0: in x collectionFormat, and a plain text in each place."""
    for place in ("path", "query", "header", "formData"):
        yield Cell(f"{place}-text", place, f"in: {place}, required: true, type: string, enum: [a b]", "a b")
        for collection in FORMATS if place in ("query", "formData") else FORMATS[:-1]:
            written = f"in: {place}, required: true, type: array, items: {{type: string}}, enum: [[blue, black]]"
            yield Cell(f"{place}-{collection}", place, f"{written}, collectionFormat: {collection}", ["blue", "black"])


def document_of(cells: Iterable[Cell], version: str) -> str:
    """Return a document with an operation for each cell, bound to `handlers.it`."""
    lines = [version, "info: {title: T, version: '1'}", "paths:"]
    for cell in cells:
        consumes = "consumes: [multipart/form-data], " if cell.name.endswith(("ssv", "pipes")) else ""
        lines += [
            f"  /{cell.operation}{'/{p}/x' if cell.place == 'path' else ''}:",
            f"    {'post' if cell.place == 'formData' else 'get'}: {{{consumes}operationId: {cell.operation},",
            "      x-bind-server: handlers.it,",
            f"      parameters: [{{name: p, {cell.parameter}}}], responses: {{'200': {{description: ok}}}}}}",
        ]
    return "\n".join(lines) + "\n"
