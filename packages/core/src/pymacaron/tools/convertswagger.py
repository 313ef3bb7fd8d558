"""Swagger 2.0 in the words of OpenAPI 3.1: bodies and forms, styles, servers, security schemes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from pymacaron.tools.convertschema import moved_reference, newer_schema

__all__ = ["Swagger"]

Node = dict[str, Any]

_JSON = ["application/json"]
_MULTIPART = "multipart/form-data"
_FORMS = ("application/x-www-form-urlencoded", _MULTIPART)
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "spaceDelimited"}
_NO_STYLE = "OpenAPI 3.1 has no style there"
_FLOWS = {"application": "clientCredentials", "accessCode": "authorizationCode"}
_GONE = ("swagger", "host", "basePath", "schemes", "consumes", "produces", "definitions", "parameters", "responses")
_OF_PARAMETER = ("name", "in", "description", "required", "allowEmptyValue")
_HOST = re.compile(r"[A-Za-z0-9._-]+(:[0-9]+)?")
_SCHEMES = ("http", "https", "ws", "wss")
_SCALARS = ("string", "number", "integer", "boolean", "file")
_OF_OPERATION = ("consumes", "produces", "parameters", "schemes", "requestBody", "callbacks", "servers")
"""What an operation has otherwise in OpenAPI 3, and what would get a meaning there."""
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch")


class Swagger:
    """One document of Swagger 2.0, in one file."""

    def __init__(self, data: Node, version: str, warn: Callable[[str], object]) -> None:
        self._data = data
        self._version = version
        self._warn = warn
        self._parameters: Mapping[str, Node] = data.get("parameters") or {}
        self._responses: Mapping[str, Node] = data.get("responses") or {}

    def document(self) -> Node:
        """Return the whole document."""
        data = self._data
        kept = {
            key: value for key, value in data.items() if key not in (*_GONE, "paths", "securityDefinitions", "info")
        }
        made: Node = {"openapi": self._version, "info": data.get("info", {})}
        if servers := self._servers():
            made["servers"] = servers
        made |= kept
        made["paths"] = {path: self._path(path, item) for path, item in (data.get("paths") or {}).items()}
        if components := self._components():
            made["components"] = components
        return made

    def _servers(self) -> list[Node]:
        host, base = self._data.get("host"), self._data.get("basePath") or ""
        base = quote("/" + base.strip("/"), safe="/~!$&'()*+,;=:@") if base.strip("/") else ""
        if host is not None and not (isinstance(host, str) and _HOST.fullmatch(host)):
            self._warn("'host' is no name of a host, so it is left out")
            host = None
        if not host:
            return [{"url": base}] if base else []
        written = self._data.get("schemes")
        schemes = [each for each in written if each in _SCHEMES] if isinstance(written, list) else []
        schemes = schemes or [""]
        return [{"url": f"{scheme}:" * bool(scheme) + f"//{host}{base}"} for scheme in schemes]

    def _components(self) -> Node:
        data = self._data
        sections: dict[str, Node] = {
            "schemas": {name: newer_schema(each, old=True) for name, each in (data.get("definitions") or {}).items()},
            "parameters": {
                name: self._parameter(each) for name, each in self._parameters.items() if not _is_body(each)
            },
            "responses": {name: self._response(each, self._produces({})) for name, each in self._responses.items()},
            "securitySchemes": {name: _scheme(each) for name, each in (data.get("securityDefinitions") or {}).items()},
        }
        return {name: section for name, section in sections.items() if section}

    def _path(self, path: str, item: Any) -> Any:
        if path.startswith("x-") or not isinstance(item, dict):
            return item
        shared = item.get("parameters") or []
        made: Node = {}
        for key, value in item.items():
            if key in _METHODS and isinstance(value, dict):
                made[key] = self._operation(value, shared)
            elif key == "parameters":
                if plain := [self._parameter(each) for each in shared if not _is_body(self._followed(each))]:
                    made[key] = plain
            else:
                made[key] = value
        return made

    def _operation(self, node: Node, shared: list[Node]) -> Node:
        made = {key: value for key, value in node.items() if key not in _OF_OPERATION}
        responses = made.pop("responses", None)
        own = node.get("parameters") or []
        if plain := [self._parameter(each) for each in own if not _is_body(self._followed(each))]:
            made["parameters"] = plain
        if body := self._body(self._bodies(own, shared), node):
            made["requestBody"] = body
        if isinstance(responses, dict):
            made["responses"] = {
                status: each if status.startswith("x-") else self._answer(each, node)
                for status, each in responses.items()
                if status.startswith("x-") or isinstance(each, dict)
            }
        return made

    def _followed(self, parameter: Node) -> Node:
        """Return a parameter that may stand by its name."""
        reference = parameter.get("$ref")
        if isinstance(reference, str):
            return self._parameters.get(reference.rpartition("/")[2].replace("~1", "/").replace("~0", "~"), {})
        return parameter

    def _bodies(self, own: list[Node], shared: list[Node]) -> list[Node]:
        """Return the parameters that are the body, those of the path first; one of the operation goes before it."""
        found: dict[tuple[Any, Any], Node] = {}
        for each in map(self._followed, (*shared, *own)):
            found.pop((each.get("name"), each.get("in")), None)
            found[each.get("name"), each.get("in")] = each
        return [each for each in found.values() if _is_body(each)]

    def _parameter(self, node: Node) -> Node:
        if isinstance(node.get("$ref"), str):
            return {"$ref": moved_reference(node["$ref"])}
        made = {key: value for key, value in node.items() if key in _OF_PARAMETER or key.startswith("x-")}
        if node.get("in") == "path":
            made["required"] = True
        made.pop("x-nullable", None)
        if node.get("in") != "query":
            made.pop("allowEmptyValue", None)
        return {**made, **self._style(node), "schema": self._own_schema(node)}

    def _own_schema(self, node: Node) -> Node:
        """Return the schema that a parameter or header of Swagger 2.0 is itself."""
        words = {
            word: value
            for word, value in node.items()
            if word not in (*_OF_PARAMETER, "collectionFormat") and (word == "x-nullable" or not word.startswith("x-"))
        }
        schema: Node = newer_schema(words, old=True)
        for form in _taken_formats(schema):
            self._warn(f"items of '{node.get('name')}' say '{form}', for which {_NO_STYLE}: it is left out")
        return schema

    def _style(self, node: Node) -> Node:
        """Return the style that stands for a collectionFormat."""
        if node.get("type") in _SCALARS:
            return {}
        form, place = node.get("collectionFormat") or "csv", node.get("in")
        if form in _STYLES and place in ("query", "formData"):
            if form == "tsv":
                told = f"'{node.get('name')}' is separated by tabs, for which OpenAPI 3.1 has no style: blanks instead"
                self._warn(told)
            return {"style": _STYLES[form], "explode": False}
        if place in ("query", "formData"):
            return {"style": "form", "explode": form == "multi"}
        if form in _STYLES:
            self._warn(f"'{node.get('name')}' is in '{place}' and says '{form}', for which {_NO_STYLE}: commas instead")
        return {"style": "simple", "explode": False}

    def _body(self, bodies: list[Node], operation: Node) -> Node | None:
        if not bodies:
            return None
        if any(each.get("in") == "formData" for each in bodies):
            return self._form(bodies, operation)
        (body, *_) = bodies
        media = {"schema": newer_schema(body["schema"], old=True)} if "schema" in body else {}
        made = {key: value for key, value in body.items() if key == "description" or key.startswith("x-")}
        made["content"] = dict.fromkeys(self._types(operation, "consumes") or _JSON, media)
        return {**made, "required": body.get("required") is True}

    def _form(self, fields: list[Node], operation: Node) -> Node:
        properties = {each["name"]: self._property(each) for each in fields}
        schema: Node = {"type": "object", "properties": properties}
        if required := [each["name"] for each in fields if each.get("required") is True]:
            schema["required"] = required
        media: Node = {"schema": schema}
        if styles := {each["name"]: style for each in fields if (style := self._style(each))}:
            media["encoding"] = styles
        consumed = [name for name in self._types(operation, "consumes") if name in _FORMS]
        types = [_MULTIPART] if any(each.get("type") == "file" for each in fields) else consumed or list(_FORMS)
        return {"content": dict.fromkeys(types, media), "required": bool(required)}

    def _property(self, field: Node) -> Node:
        schema = self._own_schema(field)
        told = {key: value for key, value in field.items() if key.startswith("x-") and key != "x-nullable"}
        return {**schema, **told, **({"description": field["description"]} if "description" in field else {})}

    def _types(self, operation: Node, key: str) -> list[str]:
        found = self._data.get(key) if operation.get(key) is None else operation[key]
        return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []

    def _produces(self, operation: Node) -> list[str]:
        return self._types(operation, "produces")

    def _answer(self, node: Node, operation: Node) -> Node:
        """Return a response; one by its name stays so, unless the operation produces something of its own."""
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return self._response(node, self._produces(operation))
        known = self._responses.get(reference.rpartition("/")[2], {})
        if self._produces(operation) != self._produces({}) and "schema" in known:
            return self._response(known, self._produces(operation))
        return {"$ref": moved_reference(reference)}

    def _response(self, node: Node, produces: list[str]) -> Node:
        if isinstance(node.get("$ref"), str):
            return {"$ref": moved_reference(node["$ref"])}
        made = {key: value for key, value in node.items() if key == "description" or key.startswith("x-")}
        made.setdefault("description", "")
        if isinstance(node.get("headers"), dict):
            made["headers"] = {name: self._header(name, each) for name, each in node["headers"].items() if each}
        if content := self._content(node, produces):
            made["content"] = content
        return made

    def _content(self, node: Node, produces: list[str]) -> Node:
        written = node.get("examples")
        examples = written if isinstance(written, dict) else {}
        schema = node.get("schema")
        if schema is None:
            return {name: {"example": value} for name, value in examples.items()}
        made = {name: {"schema": newer_schema(schema, old=True)} for name in produces or _JSON}
        for name, value in examples.items():
            if name in made:
                made[name]["example"] = value
            else:
                self._warn(f"the example for '{name}' is left out: its operation does not produce that media type")
        return made

    def _header(self, name: str, node: Node) -> Node:
        kept = {key: value for key, value in node.items() if key == "description" or key.startswith("x-")}
        kept.pop("x-nullable", None)
        named = {**node, "name": name, "in": "header"}
        return {**kept, **self._style(named), "schema": self._own_schema(named)}


def _is_body(node: Node) -> bool:
    return node.get("in") in ("body", "formData")


def _taken_formats(schema: Any) -> list[str]:
    """Take collectionFormat out of the items of arrays, where nothing stands for it; return what was no 'csv'."""
    found = []
    while isinstance(schema, dict):
        found.append(schema.pop("collectionFormat", "csv"))
        schema = schema.get("items")
    return [form for form in found if form != "csv"]


def _scheme(node: Node) -> Node:
    kind = node.get("type")
    if kind == "basic":
        return {"type": "http", "scheme": "basic"} | {key: each for key, each in node.items() if key != "type"}
    if kind != "oauth2":
        return dict(node)
    flow = {key: node[key] for key in ("authorizationUrl", "tokenUrl") if key in node}
    kept = {key: each for key, each in node.items() if key not in ("flow", "scopes", "authorizationUrl", "tokenUrl")}
    name = _FLOWS.get(str(node.get("flow")), str(node.get("flow")))
    return {**kept, "flows": {name: {**flow, "scopes": node.get("scopes") or {}}}}
