"""The rule about the meta-schema of a document's version, as the packages of python-openapi ship it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError
from pymacaron.spec.reader import read_source
from pymacaron_testing.lint.metaschematext import innermost, sentences
from pymacaron_testing.lint.records import Found

if TYPE_CHECKING:
    from pymacaron_testing.lint.subject import Subject

__all__ = ["invalid", "refusals"]

_DIALECTS = {
    "3.1": ("https://spec.openapis.org/oas/3.1/dialect/base", ("oas3.1/metaschema.json", "oas3.1/vocabularies/base")),
    "3.2": (
        "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
        ("oas3.2/dialect/2025-09-17.json", "oas3.2/meta/2025-09-17.json"),
    ),
}
"""The dialect of schemas, which the meta-schemas of 3.1 and 3.2 leave open, and the files that it stands in."""
_TOLD = 100


def invalid(subject: Subject) -> Iterator[Found]:
    """Find what the meta-schema refuses, at its innermost place."""
    told: set[tuple[str, ...]] = set()
    for error in refusals(subject.path, subject.document.version):
        for inner in innermost(error):
            for place, sentence in sentences(inner, subject.place, _words(subject.document.version[:3])):
                if place.pointer not in told and len(told) < _TOLD:
                    told.add(place.pointer)
                    yield place, sentence


def refusals(path: Path, version: str) -> Iterator[Any]:
    """Yield the errors of a file by the meta-schema of a version, as jsonschema-rs tells them."""
    yield from _validator(version[:3]).iter_errors(read_source(path).data)


@cache
def _words(version: str) -> frozenset[str]:
    """Return the names of everything that the meta-schema knows."""
    return frozenset(_named(_written(version)))


def _named(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from node["properties"]
        node = list(node.values())
    for value in node if isinstance(node, list) else ():
        yield from _named(value)


@cache
def _written(version: str) -> dict[str, Any]:
    path = _folder("openapi_spec_validator") / "resources" / "schemas" / f"v{version}" / "schema.json"
    schema: dict[str, Any] = json.loads(path.read_bytes())
    return schema


@cache
def _validator(version: str) -> Any:
    import jsonschema_rs

    schema = _written(version)
    if version not in _DIALECTS:
        return jsonschema_rs.Draft4Validator(schema, offline=True)
    top, registry = _bound(schema, version)
    return jsonschema_rs.Draft202012Validator(top, registry=registry, offline=True)


def _bound(schema: dict[str, Any], version: str) -> tuple[dict[str, Any], Any]:
    """Return the meta-schema with the dialect of its schemas, and the registry of both."""
    import jsonschema_rs

    dialect, files = _DIALECTS[version]
    folder = _folder("openapi_schema_validator") / "schemas"
    known = [json.loads((folder / name).read_bytes()) for name in files]
    contents = [(each["$id"], each) for each in (*known, schema)]
    registry = jsonschema_rs.Registry(contents, draft=jsonschema_rs.Draft202012)
    top = {
        "$id": f"pym:///metaschema/{version}",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": schema["$id"],
        "$defs": {"schema": {"$dynamicAnchor": "meta", "$ref": dialect}},
    }
    return top, registry


def _folder(package: str) -> Path:
    """Return the folder of a package without importing it, which takes most of a second."""
    specs = {
        "openapi_spec_validator": find_spec("openapi_spec_validator"),
        "openapi_schema_validator": find_spec("openapi_schema_validator"),
    }
    found = specs[package]
    if found is None or found.origin is None:
        raise ConfigError(f"lint needs {package}: pip install pymacaron-testing")
    return Path(found.origin).parent
