"""AWS's Query protocol, read and written by botocore's own model of a service, so that neither side drifts from it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree

__all__ = ["Refusal", "error_body", "model", "read_request", "response_body"]


class Refusal(Exception):
    """An error that the service answers with: its code, its HTTP status and what it says."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.status = code, status


@cache
def model() -> Any:
    """Return botocore's model of Elastic Beanstalk."""
    import botocore.session

    return botocore.session.get_session().get_service_model("elasticbeanstalk")


def read_request(body: str) -> tuple[str, dict[str, Any]]:
    """Return name and parameters of the operation that a form calls; raises Refusal for what the model lacks."""
    form = dict(parse_qsl(body, keep_blank_values=True))
    name = form.pop("Action", "")
    if form.pop("Version", "") != model().api_version or name not in model().operation_names:
        raise Refusal("InvalidAction", f"there is no operation '{name}' of this version")
    shape = model().operation_model(name).input_shape
    parameters = _read_structure(shape, "", form) if shape else {}
    if form:
        raise Refusal("ValidationError", f"{name} has no parameter {sorted(form)[0]}")
    return name, parameters


def _read(shape: Any, key: str, form: dict[str, str]) -> Any:
    if shape.type_name == "structure":
        return _read_structure(shape, f"{key}.", form)
    if shape.type_name == "list":
        form.pop(key, None)  # how an empty list is sent
        return _read_list(shape, f"{key}.member.", form)
    text = form.pop(key)
    if shape.type_name == "boolean":
        return text == "true"
    if shape.type_name == "integer":
        return int(text)
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if shape.type_name == "timestamp" else text


def _read_structure(shape: Any, prefix: str, form: dict[str, str]) -> dict[str, Any]:
    found = {
        name: _read(member, prefix + name, form)
        for name, member in shape.members.items()
        if prefix + name in form or any(key.startswith(f"{prefix}{name}.") for key in list(form))
    }
    for name in shape.required_members:
        if name not in found:
            raise Refusal("MissingParameter", f"{prefix}{name} is required")
    return found


def _read_list(shape: Any, prefix: str, form: dict[str, str]) -> list[Any]:
    found: list[Any] = []
    while any(key == f"{prefix}{len(found) + 1}" or key.startswith(f"{prefix}{len(found) + 1}.") for key in form):
        found.append(_read(shape.member, f"{prefix}{len(found) + 1}", form))
    return found


def response_body(operation: str, answer: Mapping[str, Any] | None, request_id: str) -> bytes:
    """Return the XML of an answer; raises TypeError where the answer is not what botocore's output shape says.

    The XML is read again by botocore's own parser, and must give what was written.
    """
    root = ElementTree.Element(f"{operation}Response", xmlns=model().metadata["xmlNamespace"])
    shape = model().operation_model(operation).output_shape
    if shape is not None:
        result = ElementTree.SubElement(root, shape.serialization.get("resultWrapper", f"{operation}Result"))
        _write(shape, dict(answer or {}), result, operation)
    ElementTree.SubElement(ElementTree.SubElement(root, "ResponseMetadata"), "RequestId").text = request_id
    body = ElementTree.tostring(root)
    _prove(operation, shape, dict(answer or {}), body)
    return body


def _write(shape: Any, value: Any, element: ElementTree.Element, place: str) -> None:
    if shape.type_name == "structure":
        _write_structure(shape, value, element, place)
    elif shape.type_name == "list":
        for item in _checked(value, list, place):
            _write(shape.member, item, ElementTree.SubElement(element, "member"), f"{place}[]")
    else:
        element.text = _text(shape, value, place)


def _write_structure(shape: Any, value: Any, element: ElementTree.Element, place: str) -> None:
    for name, item in _checked(value, dict, place).items():
        if name not in shape.members:
            raise TypeError(f"{place} has no member {name}")
        _write(shape.members[name], item, ElementTree.SubElement(element, name), f"{place}.{name}")


SCALARS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "timestamp": datetime,
}


# The service answers these in upper case, which its model does not say.
IN_CAPITALS = {"ApplicationVersionStatus"}


def _text(shape: Any, value: Any, place: str) -> str:
    _checked(value, SCALARS[shape.type_name], place)
    if enum := getattr(shape, "enum", None):
        known = [one.upper() for one in enum] if shape.name in IN_CAPITALS else enum
        if value not in known:
            raise TypeError(f"{place} is {value!r}, none of {known}")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _checked(value: Any, kind: type | tuple[type, ...], place: str) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{place} is {value!r}, no {kind}")
    return value


def _prove(operation: str, shape: Any, answer: dict[str, Any], body: bytes) -> None:
    from botocore.parsers import create_parser

    parsed = create_parser("query").parse({"status_code": 200, "headers": {}, "body": body}, shape)
    parsed.pop("ResponseMetadata", None)
    if set(parsed) != set(answer):
        raise TypeError(f"botocore reads {sorted(parsed)} from an answer of {operation} that has {sorted(answer)}")


def error_body(code: str, message: str, request_id: str, status: int) -> bytes:
    """Return the XML of an error."""
    root = ElementTree.Element("ErrorResponse", xmlns=model().metadata["xmlNamespace"])
    error = ElementTree.SubElement(root, "Error")
    for name, text in (("Type", "Sender" if status < 500 else "Receiver"), ("Code", code), ("Message", message)):
        ElementTree.SubElement(error, name).text = text
    ElementTree.SubElement(root, "RequestId").text = request_id
    return ElementTree.tostring(root)
