"""Rules about values in a document: examples and defaults that their own schema refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.models.resources import Direction
from pymacaron.spec import Place, Schema
from pymacaron_testing.lint.records import Found
from pymacaron_testing.lint.subject import Subject

__all__ = ["bad_defaults", "bad_examples"]

Sample = tuple[Place, Any]


def bad_examples(subject: Subject) -> Iterator[Found]:
    """Find examples that do not fit their schema."""
    for schema in (*subject.tree.schemas, *subject.tree.own):
        for place, value in _of_schema(schema):
            yield from _refused(subject, schema, place, value, "either")
    for place, node in subject.tree.objects:
        for found, schema, value in _of_object(subject, place, node):
            yield from _refused(subject, schema, found, value, _direction(place))


def bad_defaults(subject: Subject) -> Iterator[Found]:
    """Find defaults that do not fit their schema."""
    for schema in (*subject.tree.schemas, *subject.tree.own):
        if "default" not in schema.siblings:
            continue
        complaint = subject.verdicts.complaint(schema, schema.siblings["default"], "either")
        if complaint is not None:
            told = f"the default does not fit its own schema ({complaint[1]}); correct one of the two"
            yield schema.place.child("default", *complaint[0]), told


def _of_schema(schema: Schema) -> Iterator[Sample]:
    words = schema.siblings
    for word in ("example", "x-example"):
        if word in words:
            yield schema.place.child(word), words[word]
    listed = words.get("examples")
    for index, value in enumerate(listed if isinstance(listed, list) else ()):
        yield schema.place.child("examples", str(index)), value


def _of_object(subject: Subject, place: Place, node: dict[str, Any]) -> Iterator[tuple[Place, Schema, Any]]:
    """Yield the examples of a parameter, header, media type or response."""
    if not isinstance(node.get("schema"), dict):
        return
    schema = Schema(place.child("schema"), node["schema"], subject.document.dialect, subject.references)
    if subject.is_old:
        listed = node.get("examples")
        for name, value in listed.items() if isinstance(listed, dict) else ():
            if _is_data(name, value):
                yield place.child("examples", name), schema, value
        return
    samples = list(_of_media(subject, place, node))
    media = place.pointer[-1] if "content" in place.pointer[-2:-1] else "application/json"
    yield from ((found, schema, value) for found, value in samples if _is_data(media, value))


def _of_media(subject: Subject, place: Place, node: dict[str, Any]) -> Iterator[Sample]:
    if "example" in node:
        yield place.child("example"), node["example"]
    named = node.get("examples")
    for name, written in named.items() if isinstance(named, dict) else ():
        try:
            found, example = subject.references.follow(place.child("examples", name), written)
        except SpecError:
            continue
        for word in ("value", "dataValue"):
            if isinstance(example, dict) and word in example:
                yield found.child(word), example[word]


def _is_data(media: str, value: Any) -> bool:
    """Tell whether a value is what a schema judges: beside JSON, a text may be the body as it is sent."""
    kind = media.partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json")) or not isinstance(value, str)


def _direction(place: Place) -> Direction:
    return "response" if {"responses", "headers"} & set(place.pointer) else "request"


def _refused(subject: Subject, schema: Schema, place: Place, value: Any, direction: Direction) -> Iterator[Found]:
    complaint = subject.verdicts.complaint(schema, value, direction)
    if complaint is not None:
        pointer, told = complaint
        yield place.child(*pointer), f"the example does not fit its schema ({told}); correct one of the two"
