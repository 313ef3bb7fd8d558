"""Annotations of types that only exist at run time, so that no type checker can follow them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Union

from typing_extensions import TypeAliasType

__all__ = ["alias_type", "either", "made"]


def made(container: Any, *types: Any) -> Any:
    """Return list[type] or dict[str, type] of types that only exist at run time."""
    return container[types]


def either(types: Iterable[Any]) -> Any:
    """Return the union of types that only exist at run time."""
    return Union.__getitem__(tuple(types))


def alias_type(name: str, annotation: Any) -> Any:
    """Return a named type that may contain itself."""
    make: Any = TypeAliasType
    return make(name, annotation)
