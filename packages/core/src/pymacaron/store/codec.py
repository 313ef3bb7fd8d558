"""Models to items and back: what is saved is loaded equal, and of the same types."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from pydantic_core import to_jsonable_python

from pymacaron.models.formats import duration_text
from pymacaron.store.errors import StoreError

if TYPE_CHECKING:
    from pymacaron.models.base import PymacaronBaseModel
    from pymacaron.store.contract import Item, KeyValue

__all__ = ["from_item", "key_value", "plain", "to_item"]


def to_item(model: PymacaronBaseModel) -> Item:
    """Return the properties of a model that are set, by the document's names; raises StoreError for what is no JSON."""
    data = model.__pydantic_serializer__.to_python(model, mode="python")
    item: Item = plain(data, model.get_model_name())
    return item


def from_item(kind: type[PymacaronBaseModel], item: Item) -> PymacaronBaseModel:
    """Return the model of an item; raises StoreError for one that does not fit, without its values."""
    try:
        model: PymacaronBaseModel = kind.__pydantic_validator__.validate_python(item, by_alias=True, by_name=False)
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = "/".join(map(str, told["loc"]))
        raise StoreError(
            f"an item of {kind.get_model_name()} does not fit its schema at '{place}' ({told['msg']}): was the schema "
            "changed after the item was saved?"
        ) from None
    return model


def plain(value: Any, place: str) -> Any:
    """Return a value as stores keep it: what has a format as text, bytes as they are."""
    match value:
        case None | bool() | bytes():
            return value
        case int() | str():
            return value if type(value) in (int, str) else to_jsonable_python(value)
        case float():
            if math.isfinite(value):
                return value
            raise StoreError(f"{place} is no finite number: set it to one")
        case dict():
            return {str(name): plain(inner, f"{place}.{name}") for name, inner in value.items()}
        case list() | tuple():
            return [plain(inner, f"{place}[{index}]") for index, inner in enumerate(value)]
        case timedelta():
            return duration_text(value)
        case _:
            return _as_text(value, place)


def key_value(value: Any, place: str) -> KeyValue | None:
    """Return the value of a key as stores compare it: moments in UTC, all of one length, so that they sort by time."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0")
    told = plain(value, place)
    if told is None or (isinstance(told, str | int | float | bytes) and not isinstance(told, bool)):
        return told
    raise StoreError(f"{place} is {type(value).__name__}, and a key is text, a number or bytes: name another property")


def _as_text(value: Any, place: str) -> Any:
    try:
        return to_jsonable_python(value)
    except (ValueError, TypeError):
        raise StoreError(f"{place} is {type(value).__name__}, which no store keeps: set it to JSON data") from None
