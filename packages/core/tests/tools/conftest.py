"""What the tests of tools share: the documents of others, and whether two documents mean the same."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pymacaron.spec import Document, Header, MediaType, Operation, Parameter, Schema, schemas_in

REPOSITORY = Path(__file__).parents[4]
FOLDER = Path(os.environ.get("PYM_CONFORMANCE_DIR") or REPOSITORY.parent / "shared" / "conformance") / "openapi"
FRAGMENTS = {"Error.yaml", "NewPet.yaml", "Pet.yaml", "parameters.yaml"}


def documents(*folders: str) -> list[Path]:
    """Return the documents of others, those left out that are fragments or refer to files that are not there."""
    found = (path for folder in folders for path in sorted((FOLDER / folder).rglob("*")))
    return [
        each for each in found if each.suffix in (".json", ".yaml") and each.name not in {*FRAGMENTS, "swagger.yaml"}
    ]


def differences(one: Document, other: Document) -> Iterator[str]:
    """Yield how two documents differ in what a service would do: operations, and schemas in lockstep."""
    assert [_told(each) for each in one.operations] == [_told(each) for each in other.operations]
    pairs: list[tuple[Schema, Schema]] = []
    for before, after in zip(_all(one), _all(other), strict=True):
        pairs.append((before, after))
    seen = set()
    while pairs:
        before, after = pairs.pop()
        if (before.place, after.place) in seen:
            continue
        seen.add((before.place, after.place))
        if _words(before) != _words(after):
            yield f"{before.place} {_words(before)} != {after.place} {_words(after)}"
        if before.reference is not None and after.reference is not None:
            pairs.append((before.reference, after.reference))
        new = before.dialect == "openapi-3.1"
        inner = [tokens for tokens, _ in schemas_in(dict(before.keywords), new)]
        if new or "$ref" not in before.keywords:
            pairs += [(before.child(*tokens), after.child(*tokens)) for tokens in inner]


def _words(schema: Schema) -> str:
    """Return the keywords of a schema with neither schemas nor names in them."""
    new = schema.dialect == "openapi-3.1"
    if "$ref" in schema.keywords and not new:
        return "$ref"
    inside = {tokens[0] for tokens, _ in schemas_in(dict(schema.keywords), new)}
    kept = {}
    for word, value in schema.keywords.items():
        if word == "discriminator" and isinstance(value, dict):
            kept[word] = value["propertyName"]
        elif word == "$ref" or word in inside:
            kept[word] = sorted(value) if isinstance(value, dict) and word != "$ref" else ""
        elif word not in ("$id", "$anchor"):
            kept[word] = value
    return json.dumps(kept, sort_keys=True)


def _told(operation: Operation) -> dict[str, Any]:
    left_out = ("place", "parameters", "body", "responses")
    return {each.name: getattr(operation, each.name) for each in fields(operation) if each.name not in left_out} | {
        "parameters": [_flat(parameter) for parameter in operation.parameters],
        "body": operation.body and (operation.body.required, _content(operation.body.content)),
        "responses": {
            status: (
                response.description,
                _content(response.content),
                {k: _flat(v) for k, v in response.headers.items()},
            )
            for status, response in operation.responses.items()
        },
    }


def _flat(record: Parameter | Header) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name not in ("place", "schema")}


def _content(content: Any) -> dict[str, Any]:
    return {
        name: {key: (each.content_type, each.style, each.explode) for key, each in media.encoding.items()}
        for name, media in content.items()
    }


def _all(document: Document) -> Iterator[Schema]:
    for operation in document.operations:
        yield from (parameter.schema for parameter in operation.parameters)
        yield from _schemas(operation.body.content if operation.body else {})
        for response in operation.responses.values():
            yield from _schemas(response.content)
            yield from (header.schema for header in response.headers.values())


def _schemas(content: Any) -> Iterator[Schema]:
    media: MediaType
    for media in content.values():
        yield from (schema for schema in (media.schema, media.item_schema) if schema is not None)


@pytest.fixture
def same() -> Callable[[Document, Document], None]:
    """Assert that two documents mean the same."""

    def check(one: Document, other: Document) -> None:
        assert list(differences(one, other)) == []

    return check
