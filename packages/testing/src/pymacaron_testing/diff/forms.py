"""The inputs of an operation in one shape for all versions: parameters by key, and forms as bodies."""

from __future__ import annotations

from dataclasses import replace

from pymacaron.spec import MediaType, Operation, Parameter, RequestBody, Schema
from pymacaron.spec.paths import VARIABLE

__all__ = ["body_of", "plain_parameters"]

_NOT_SCHEMA = ("collectionFormat", "description")


def plain_parameters(operation: Operation) -> dict[tuple[str, str], Parameter]:
    """Return the parameters that are no part of a form, those of the path by their position in it."""
    names = VARIABLE.findall(operation.path)
    return {_key(each, names): each for each in operation.parameters if each.location != "formData"}


def _key(parameter: Parameter, names: list[str]) -> tuple[str, str]:
    if parameter.location == "path":
        return "path", str(names.index(parameter.name)) if parameter.name in names else parameter.name
    name = parameter.name.lower() if parameter.location == "header" else parameter.name
    return parameter.location, name


def body_of(operation: Operation) -> RequestBody | None:
    """Return the body of an operation, the form parameters of Swagger 2.0 told as an object."""
    fields = [each for each in operation.parameters if each.location == "formData"]
    if operation.body is not None or not fields:
        return operation.body
    schema = _form(fields)
    content = {name: MediaType(name, operation.place, schema) for name in operation.form_media_types}
    return RequestBody(operation.place, content, required=any(each.required for each in fields))


def _form(fields: list[Parameter]) -> Schema:
    properties = {each.name: _property(each) for each in fields}
    required = [each.name for each in fields if each.required]
    keywords = {"type": "object", "properties": properties, "required": required}
    return replace(fields[0].schema, place=fields[0].place.child("form"), keywords=keywords)


def _property(field: Parameter) -> dict[str, object]:
    return {word: value for word, value in field.schema.keywords.items() if word not in _NOT_SCHEMA}
