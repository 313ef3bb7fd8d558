"""Items as attributes of DynamoDB and back, without a loss of types; and the size that DynamoDB counts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from pymacaron.store import Item, StoreError

__all__ = ["FLOATS", "Attributes", "size_of", "to_attribute", "to_attributes", "to_item"]

Attributes = dict[str, dict[str, Any]]
"""Values by name, each as {"type": value}: "S", "N", "B", "BOOL", "NULL", "L" or "M"."""
FLOATS = "_floats"
"""Holds where a number is a float that DynamoDB, which knows no types of numbers, returns as an integer."""
_DIGITS = 38
_LARGEST, _SMALLEST = Decimal("1E126"), Decimal("1E-130")


def to_attributes(item: Item, floats: frozenset[str] = frozenset()) -> Attributes:
    """Return the attributes of an item, of which `floats` are floats anyway; raises StoreError for a vast number."""
    whole: list[str] = []
    attributes = {
        name: _attribute(value, f"/{_token(name)}", [] if name in floats else whole) for name, value in item.items()
    }
    return {**attributes, FLOATS: {"L": [{"S": pointer} for pointer in whole]}} if whole else attributes


def to_attribute(value: Any) -> dict[str, Any]:
    """Return a single value, whose type is known from elsewhere."""
    return _attribute(value, "", [])


def to_item(attributes: Mapping[str, dict[str, Any]]) -> Item:
    """Return the item of attributes, whoever wrote them; sets become lists."""
    item = {name: _value(attribute) for name, attribute in attributes.items()}
    for pointer in item.pop(FLOATS, ()):
        _make_float(item, [_name(token) for token in pointer[1:].split("/")])
    return item


def size_of(attributes: Mapping[str, dict[str, Any]]) -> int:
    """Return the bytes of an item as DynamoDB counts them, of numbers at least as many."""
    return sum(len(name.encode()) + _size(attribute) for name, attribute in attributes.items())


def _attribute(value: Any, pointer: str, whole: list[str]) -> dict[str, Any]:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case bytes():
            return {"B": value}
        case int() | float():
            if isinstance(value, float) and value.is_integer():
                whole.append(pointer)
            return {"N": _number(value, pointer)}
        case dict():
            inner = {name: _attribute(each, f"{pointer}/{_token(name)}", whole) for name, each in value.items()}
            return {"M": inner}
        case _:
            return {"L": [_attribute(each, f"{pointer}/{index}", whole) for index, each in enumerate(value)]}


def _number(value: float, pointer: str) -> str:
    """Write a number; raises StoreError for one that DynamoDB cannot hold (38 digits, 1E-130 to 1E126)."""
    exact = Decimal(repr(value))
    digits = "".join(map(str, exact.as_tuple().digits)).strip("0")
    if len(digits) > _DIGITS or (exact and not _SMALLEST <= abs(exact) < _LARGEST):
        raise StoreError(
            f"the number at {pointer} does not fit into DynamoDB (38 digits, 1E-130 to 1E126): declare it as text"
        )
    return str(exact)


def _value(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "NULL":
            return None
        case "N":
            return _read(value)
        case "B":
            return bytes(value)
        case "M":
            return {name: _value(each) for name, each in value.items()}
        case "L":
            return [_value(each) for each in value]
        case "SS" | "BS":
            return sorted(value)
        case "NS":
            return sorted(map(_read, value))
        case _:
            return value


def _read(text: str) -> int | float:
    exact = Decimal(text)
    return int(exact) if exact == exact.to_integral_value() else float(text)


def _make_float(item: Any, path: list[str]) -> None:
    """Turn the number at a place into a float; somebody else may have changed the item since it was noted."""
    *outer, last = path
    try:
        for token in outer:
            item = item[int(token) if isinstance(item, list) else token]
        place: Any = int(last) if isinstance(item, list) else last
        if type(item[place]) is int:
            item[place] = float(item[place])
    except (KeyError, IndexError, ValueError, TypeError):
        return


def _token(name: str) -> str:
    """Write a name in a JSON Pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _name(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def _size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return min(21, (len(value.strip("-").replace(".", "")) + 1) // 2 + 2)
        case "B":
            return len(value)
        case "M":
            return 3 + sum(1 + len(name.encode()) + _size(each) for name, each in value.items())
        case "L":
            return 3 + sum(1 + _size(each) for each in value)
        case _:
            return 1
