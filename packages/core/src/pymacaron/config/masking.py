"""Secrets inside the values of settings: which texts they are, and the values with them masked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import to_jsonable_python

from pymacaron.config.files import Pointer
from pymacaron.config.redaction import MASK, looks_secret
from pymacaron.config.settings import is_secret

__all__ = ["masked", "secret_texts"]


def secret_texts(value: Any, secret: bool) -> Iterator[str]:
    """Give every text in a value that is secret as a whole, or by the name or declaration of the key above it."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, str | int | float):
        if secret and not isinstance(value, bool):
            yield str(value)
    else:
        for _, item, below in _items(value):
            yield from secret_texts(item, secret or below)


def masked(
    value: Any, pointer: Pointer, secret: bool, hidden: Collection[Pointer], redact: Callable[[str], str]
) -> Any:
    """Return a value as plain data, with '***' for all that is secret, that stands at a hidden pointer, or is known."""
    if pointer in hidden or isinstance(value, SecretStr | SecretBytes) or (secret and value is not None):
        return MASK
    if isinstance(value, str):
        return redact(value)
    inside = [(key, masked(item, (*pointer, key), below, hidden, redact)) for key, item, below in _items(value)]
    if isinstance(value, dict | BaseModel):
        return {str(key): item for key, item in inside}
    if isinstance(value, list | tuple | set | frozenset):
        return [item for _, item in inside]
    plain = to_jsonable_python(value, fallback=lambda unknown: f"<{type(unknown).__name__}>")
    return redact(plain) if isinstance(plain, str) else plain


def _items(value: Any) -> Iterator[tuple[Any, Any, bool]]:
    """Give key or index, item, and whether the key makes it secret, of what holds others."""
    if isinstance(value, BaseModel):
        for key, field in type(value).model_fields.items():
            yield key, vars(value)[key], is_secret(key, field)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key, item, looks_secret(key)
    elif isinstance(value, list | tuple | set | frozenset):
        for index, item in enumerate(value):
            yield index, item, False
