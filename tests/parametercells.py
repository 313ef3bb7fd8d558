"""Every cell of the parameter table (OpenAPI 3.2, section 4.12.6; 2.0, collectionFormat), with values that fit it."""

from __future__ import annotations

from collections.abc import Iterator
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
    """One way to send one value: the parameter as a document declares it, without its name, in YAML's flow style."""

    name: str
    place: str
    parameter: str
    value: Any


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
                    written = f"in: {place}, required: true, style: {style}, explode: {explode}, schema: {schema}"
                    kind = schema.partition("type: ")[2].partition(",")[0].rstrip("}")
                    yield Cell(f"{place}-{style}-{explode}-{kind}", place, written, value)


def swagger2() -> Iterator[Cell]:
    """Yield the cells of Swagger 2.0: in x collectionFormat, and a plain text in each place."""
    for place in ("path", "query", "header", "formData"):
        yield Cell(f"{place}-text", place, f"in: {place}, required: true, type: string", "a b")
        for collection in FORMATS if place in ("query", "formData") else FORMATS[:-1]:
            written = f"in: {place}, required: true, type: array, items: {{type: string}}, collectionFormat: "
            yield Cell(f"{place}-{collection}", place, f"{written}{collection}", ["blue", "black"])
