"""The examples that a document gives for a response, as they are written beside its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pymacaron.spec import MediaType, Place, Response
from pymacaron.spec.reader import read_source

__all__ = ["examples_of"]


def examples_of(response: Response, media: MediaType) -> Iterator[tuple[str | None, Any]]:
    """Yield the name and the value of each example of a response: names are OpenAPI 3's, Swagger 2.0 has none."""
    node = _node(media.place)
    if isinstance(node, Mapping):
        if "example" in node:
            yield None, node["example"]
        named = node.get("examples")
        for name, example in named.items() if isinstance(named, Mapping) else ():
            example = _followed(media.place.file, example)
            if isinstance(example, Mapping) and ("value" in example or "dataValue" in example):
                yield str(name), example.get("value", example.get("dataValue"))
    whole = _node(response.place)
    by_type = whole.get("examples") if isinstance(whole, Mapping) and "content" not in whole else None
    if isinstance(by_type, Mapping) and media.name in by_type:
        yield None, by_type[media.name]


def _followed(file: Path, node: Any) -> Any:
    """Return what a reference within one file names."""
    reference = node.get("$ref") if isinstance(node, Mapping) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return node
    tokens = (token.replace("~1", "/").replace("~0", "~") for token in reference[2:].split("/"))
    return _node(Place(file, tuple(tokens)))


def _node(place: Place) -> Any:
    node = _data(place.file)
    for token in place.pointer:
        if isinstance(node, Mapping):
            node = node.get(token)
        elif isinstance(node, list) and token.isdecimal() and int(token) < len(node):
            node = node[int(token)]
        else:
            return None
    return node


@lru_cache(maxsize=32)
def _data(file: Path) -> Any:
    return read_source(file).data
