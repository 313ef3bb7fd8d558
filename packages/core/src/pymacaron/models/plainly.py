"""The core schema of values that handlers give as dicts and lists: judged as JSON is, without making models of them."""

from __future__ import annotations

from typing import Any

from pydantic_core import MISSING, PydanticUndefined

__all__ = ["as_dicts", "strictly"]

_OPAQUE = frozenset({"metadata", "cls", "default", "serialization", "config"})
_UNREADY = frozenset({"function-plain", "function-wrap", "function-before", "dataclass", "call", "arguments"})


class _OtherwiseError(Exception):
    """A class that validates in a way of its own, so that no dict can stand for it."""


def strictly(schema: Any) -> Any:
    """Return a core schema in which an optional property is absent or judged: None does not mean absent."""
    return _walked(schema, dicts=False)


def as_dicts(schema: Any) -> Any | None:
    """Return a core schema whose models are typed dicts, stopping at the first error; None where that cannot be."""
    try:
        return _walked(schema, dicts=True)
    except _OtherwiseError:
        return None


def _walked(schema: Any, dicts: bool) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)(_walked(each, dicts) for each in schema)
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "json-or-python" and schema["python_schema"].get("type") == "nullable":
        return _walked(schema["json_schema"], dicts)
    if dicts and kind == "model":
        return _typed_dict(schema)
    if dicts and kind in _UNREADY:
        raise _OtherwiseError
    walked = {key: value if key in _OPAQUE else _walked(value, dicts) for key, value in schema.items()}
    if dicts and kind in ("list", "dict"):
        walked["fail_fast"] = True
    return walked


def _typed_dict(model: dict[str, Any]) -> dict[str, Any]:
    inner = model["schema"]
    if inner.get("type") != "model-fields" or model.get("custom_init") or model.get("post_init"):
        raise _OtherwiseError
    config = model.get("config", {})
    made: dict[str, Any] = {
        "type": "typed-dict",
        "fields": {field.get("validation_alias", name): _field(field) for name, field in inner["fields"].items()},
        "extra_behavior": inner.get("extra_behavior") or config.get("extra_fields_behavior") or "ignore",
        "config": {"allow_inf_nan": False, "hide_input_in_errors": True},
    }
    if "extras_schema" in inner:
        made["extras_schema"] = _walked(inner["extras_schema"], dicts=True)
    if "ref" in model:
        made["ref"] = model["ref"]
    return made


def _field(field: dict[str, Any]) -> dict[str, Any]:
    """Return a property of a typed dict; a default that the document gives is kept."""
    schema = field["schema"]
    required = schema.get("type") != "default"
    if not required and "default_factory" not in schema and schema.get("default", PydanticUndefined) in (None, MISSING):
        schema = schema["schema"]
    return {"type": "typed-dict-field", "schema": _walked(schema, dicts=True), "required": required}
