"""The errors of pydantic, told as sentences about pym-config.yaml."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pymacaron.config.expected import alternatives, expected, found
from pymacaron.config.files import Pointer
from pymacaron.config.redaction import looks_secret
from pymacaron.config.secrets import dotted
from pymacaron.config.settings import Settings, is_secret
from pymacaron.text import did_you_mean

__all__ = ["Explainer"]


@dataclass(frozen=True, repr=False)
class _Node:
    """How far an error's location leads into the settings: `field` declares what should stand there."""

    pointer: Pointer
    field: FieldInfo
    value: Any
    secret: bool = False


@dataclass(frozen=True, repr=False)
class Explainer:
    """Turns errors about `data` into sentences; `place` gives the start of a sentence about the node at a pointer."""

    model: type[Settings]
    data: Mapping[str, Any]
    place: Callable[[Pointer], str]
    origins: Mapping[Pointer, str]
    redact: Callable[[str], str]

    def __call__(self, error: ValidationError) -> list[str]:
        """Return one sentence for each node that is wrong."""
        told: dict[Pointer, str] = {}
        for detail in error.errors(include_url=False, include_input=False):
            pointer, sentence = self._told(detail)
            told.setdefault(pointer, sentence)
        return list(told.values())

    def _told(self, detail: ErrorDetails) -> tuple[Pointer, str]:
        location = detail["loc"]
        if detail["type"] in ("missing", "extra_forbidden"):
            above = self._walk(location[:-1])
            if len(above.pointer) == len(location) - 1:
                tell = self._missing if detail["type"] == "missing" else self._unknown
                return location, tell(above, str(location[-1]))
        node = self._walk(location)
        if detail["type"] in ("value_error", "assertion_error") or not node.pointer:
            return node.pointer, self._refused(node, detail)
        return node.pointer, self._wrong(node)

    def _missing(self, above: _Node, key: str) -> str:
        field = _fields(above.field)[key]
        example = (field.examples or ["..."])[0]
        name = dotted((*above.pointer, key))
        return f"{self.place(above.pointer)}{name} is missing: add a line such as '{key}: {example}'"

    def _unknown(self, above: _Node, key: str) -> str:
        known = _fields(above.field)
        step = did_you_mean(key, known) or f": use one of {', '.join(known)}"
        return f"{self.place((*above.pointer, key))}{dotted((*above.pointer, key))} is not a setting{step}"

    def _refused(self, node: _Node, detail: ErrorDetails) -> str:
        reason = self.redact(str(detail.get("ctx", {}).get("error", detail["msg"])))
        return f"{self.place(node.pointer)}{dotted(node.pointer) or 'a setting'} is refused: {reason}"

    def _wrong(self, node: _Node) -> str:
        variable = self.origins.get(node.pointer)
        told = f"the text in the environment variable {variable}" if variable else found(node.value, node.secret)
        sentence = f"{dotted(node.pointer)} should be {expected(node.field)}, not {self.redact(told)}"
        return self.place(node.pointer) + sentence

    def _walk(self, location: tuple[str | int, ...]) -> _Node:
        node = _Node((), FieldInfo.from_annotation(self.model), self.data)
        for part in location:
            below = _below(node, part)
            if below is None:
                break
            node = below
        return node


def _below(node: _Node, part: str | int) -> _Node | None:
    """Return the node of a key or index, or None where the location goes on with pydantic's own marks."""
    fields = _fields(node.field)
    (kind, *others) = alternatives(node.field.annotation)
    arguments = get_args(kind)
    if part in fields:
        field, secret = fields[str(part)], is_secret(str(part), fields[str(part)])
    elif not others and get_origin(kind) in (list, tuple, set, frozenset) and isinstance(part, int) and arguments:
        field, secret = FieldInfo.from_annotation(arguments[0]), False
    elif not others and get_origin(kind) is dict:
        field, secret = FieldInfo.from_annotation(arguments[1]), looks_secret(part)
    else:
        return None
    try:
        value = node.value[part]
    except (KeyError, IndexError, TypeError):
        return None
    return _Node((*node.pointer, part), field, value, node.secret or secret)


def _fields(field: FieldInfo) -> Mapping[str, FieldInfo]:
    kind, *others = alternatives(field.annotation)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and not others:
        return kind.model_fields
    return {}
