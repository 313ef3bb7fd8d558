"""Values of one parameter that stand in one text: primitives, delimited arrays and objects, and media types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from pymacaron.wire.budget import Budget
from pymacaron.wire.errors import Unreadable, Unsendable
from pymacaron.wire.escaping import Delimiter, Escaping
from pymacaron.wire.jsontexts import read_json, write_json
from pymacaron.wire.members import Members
from pymacaron.wire.scalars import Scalar

__all__ = [
    "JsonText",
    "Label",
    "ListText",
    "Matrix",
    "MatrixList",
    "MatrixPairs",
    "PairsText",
    "ScalarText",
    "TextCodec",
]


class TextCodec(Protocol):
    """Writes a JSON value as one text of the wire and reads it again."""

    def write(self, value: Any) -> str:
        """Return the text of a value; raise Unsendable."""

    def read(self, text: str) -> Any:
        """Return the value of a text; raise Unreadable."""


@dataclass(frozen=True, slots=True)
class ScalarText:
    """One text, one value."""

    scalar: Scalar
    escaping: Escaping

    def write(self, value: Any) -> str:
        """Return the text of a value."""
        return self.escaping.escape(self.scalar.write(value))

    def read(self, text: str) -> Any:
        """Return the value of a text."""
        return self.scalar.read(self.escaping.unescape(text))


@dataclass(frozen=True, slots=True)
class JsonText:
    """A value as JSON, wherever it stands (`content: {application/json: ...}`)."""

    escaping: Escaping

    def write(self, value: Any) -> str:
        """Return the text of a value."""
        return self.escaping.escape(write_json(value))

    def read(self, text: str) -> Any:
        """Return the value of a text."""
        return read_json(self.escaping.unescape(text))


@dataclass(frozen=True, slots=True)
class ListText:
    """An array, its items between delimiters; `single` reads a text of one item where that may be no array at all.

    `most` is how many items are read.
    """

    item: Scalar
    escaping: Escaping
    delimiter: Delimiter
    most: int
    single: Scalar | None = None

    def write(self, value: Any) -> str:
        """Return the text of a list; one that holds nothing but an empty text would be read as an empty list."""
        if not isinstance(value, list):
            return _one(self.single, value, self.escaping)
        escape, guard = self.escaping.escape, self.delimiter.guard
        texts = [guard(escape(self.item.write(item))) for item in value]
        if texts == [""]:
            raise Unsendable("A list of one empty text cannot be told from an empty list")
        return self.delimiter.written.join(texts)

    def read(self, text: str) -> Any:
        """Return the list that a text holds."""
        unescape = self.escaping.unescape
        parts = self.delimiter.split(text, self.most)
        _check(len(parts), self.most)
        if self.single and len(parts) == 1:
            return self.single.read(unescape(text))
        budget = Budget(self.most)
        return [budget.spend(self.item.read(unescape(part))) for part in parts] if text else []


@dataclass(frozen=True, slots=True)
class PairsText:
    """An object, its names and values between delimiters, or as name=value where `equals` stands between the two.

    `most` is how many members are read.
    """

    members: Members
    escaping: Escaping
    delimiter: Delimiter
    most: int
    equals: Delimiter | None = None

    def write(self, value: Any) -> str:
        """Return the text of an object."""
        if not isinstance(value, dict):
            return _one(self.members.single, value, self.escaping)
        return self.delimiter.written.join(self.pair(name, held) for name, held in value.items())

    def pair(self, name: str, value: Any) -> str:
        """Return one name and its value."""
        key = self.delimiter.guard(self.escaping.escape(name))
        text = self.delimiter.guard(self.escaping.escape(self.members.scalar(name).write(value)))
        return f"{self.equals.guard(key)}={text}" if self.equals else f"{key}{self.delimiter.written}{text}"

    def read(self, text: str) -> Any:
        """Return the object that a text holds, the text itself where its names and values do not pair."""
        each = 1 if self.equals else 2
        parts = self.delimiter.split(text, self.most * each) if text else []
        _check(len(parts), self.most * each, self.most)
        unescape = self.escaping.unescape
        if self.equals:
            pairs = [(name, value) for name, _, value in (part.partition("=") for part in parts)]
        elif len(parts) % 2:
            whole = unescape(text)
            return self.members.single.read(whole) if self.members.single else whole
        else:
            pairs = list(zip(parts[::2], parts[1::2], strict=True))
        return self.members.read(((unescape(name), unescape(value)) for name, value in pairs), Budget(self.most))


@dataclass(frozen=True, slots=True)
class Label:
    """A text behind a dot; nothing at all is an undefined value (RFC 6570, section 3.2.5)."""

    inner: TextCodec

    def write(self, value: Any) -> str:
        """Return the text of a value."""
        return "" if value is None else f".{self.inner.write(value)}"

    def read(self, text: str) -> Any:
        """Return the value of a text."""
        if text and not text.startswith("."):
            raise Unreadable("Should begin with '.'")
        return self.inner.read(text[1:])


@dataclass(frozen=True, slots=True)
class Matrix:
    """A text behind ;name= (RFC 6570, section 3.2.7)."""

    name: str
    inner: TextCodec

    def write(self, value: Any) -> str:
        """Return the text of a value."""
        return "" if value is None else _named(self.name, self.inner.write(value))

    def read(self, text: str) -> Any:
        """Return the value of a text."""
        return self.inner.read(_value(self.name, text) if text else "")


@dataclass(frozen=True, slots=True)
class MatrixList:
    """An exploded array, each item behind ;name=."""

    name: str
    item: ScalarText
    delimiter: Delimiter
    most: int
    single: Scalar | None = None

    def write(self, value: Any) -> str:
        """Return the text of a list."""
        if value is None:
            return ""
        items = value if isinstance(value, list) else [value]
        return "".join(_named(self.name, self.delimiter.guard(self.item.write(item))) for item in items)

    def read(self, text: str) -> Any:
        """Return the list that a text holds."""
        before, *parts = self.delimiter.split(text, self.most + 1)
        _check(len(parts), self.most)
        if before:
            raise Unreadable(f"Should begin with ';{self.name}'")
        texts = [_value(self.name, f";{part}") for part in parts]
        if self.single and len(texts) == 1:
            return self.single.read(self.item.escaping.unescape(texts[0]))
        budget = Budget(self.most)
        return [budget.spend(self.item.read(each)) for each in texts]


@dataclass(frozen=True, slots=True)
class MatrixPairs:
    """An exploded object, each name=value behind a semicolon."""

    inner: PairsText

    def write(self, value: Any) -> str:
        """Return the text of an object; an empty value has no equals sign."""
        if value is None:
            return ""
        if not isinstance(value, dict):
            raise Unsendable("Should be an object")
        return "".join(f";{self.inner.pair(name, held).removesuffix('=')}" for name, held in value.items())

    def read(self, text: str) -> Any:
        """Return the object that a text holds."""
        if text and not text.startswith(";"):
            raise Unreadable("Should begin with ';'")
        return self.inner.read(text[1:])


def _check(count: int, most: int, items: int | None = None) -> None:
    if count > most:
        raise Unreadable(f"Holds more than {most if items is None else items:,} items")


def _named(name: str, text: str) -> str:
    return f";{name}={text}" if text else f";{name}"


def _value(name: str, text: str) -> str:
    found, equals, value = text.partition("=")
    if found != f";{name}":
        raise Unreadable(f"Should begin with ';{name}'")
    return value if equals else ""


def _one(scalar: Scalar | None, value: Any, escaping: Escaping) -> str:
    """Return the text of what is no array or object, where the schema allows that too; null is an undefined value."""
    if value is None:
        return ""
    if scalar is None:
        raise Unsendable(f"Cannot be sent as {type(value).__name__}")
    return escaping.escape(scalar.write(value))
