"""Query strings, urlencoded forms and cookies: from one text to plain names with their texts as written, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, unquote_plus

from pymacaron.wire.errors import Unreadable
from pymacaron.wire.escaping import QUERY
from pymacaron.wire.pieces import ABSENT, Pieces, Spread

__all__ = ["FormText", "join_cookies", "join_query", "split_cookies", "split_query", "unescape_query"]


def split_query(text: str) -> list[tuple[str, str]]:
    """Return the pieces of a query string or urlencoded form; what is not UTF-8 in a name is replaced."""
    unescape: Callable[[str], str] = partial(unquote_plus, errors="replace") if "%" in text or "+" in text else str
    found = []
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            found.append((unescape(name), value))
    return found


def unescape_query(text: str) -> str:
    """Return the text that stands in a query string or urlencoded form; raise Unreadable for what is not UTF-8."""
    return QUERY.unescape(text)


def join_query(pieces: Pieces) -> str:
    """Return the query string or urlencoded form of pieces."""
    return "&".join(f"{quote(name, safe='')}={text}" for name, text in pieces)


def split_cookies(header: str) -> list[tuple[str, str]]:
    """Return the pieces of a Cookie header (RFC 6265, section 4.2); quotes around a value are no part of it."""
    found = []
    for pair in header.split(";"):
        name, equals, value = pair.partition("=")
        if equals:
            value = value.strip(" \t")
            quoted = len(value) > 1 and value[0] == value[-1] == '"'
            found.append((name.strip(" \t"), value[1:-1] if quoted else value))
    return found


def join_cookies(pieces: Pieces) -> str:
    """Return the Cookie header of pieces."""
    return "; ".join(f"{name}={text}" for name, text in pieces)


@dataclass(frozen=True, slots=True)
class FormText:
    """A whole query string as an object (`in: querystring` with urlencoded content), of so many names at most."""

    spread: Spread
    most: int

    def write(self, value: Any) -> str:
        """Return the query string of an object."""
        return join_query(self.spread.encode(value))

    def read(self, text: str) -> Any:
        """Return the object of a query string."""
        if text.count("&") >= self.most:
            raise Unreadable(f"Holds more than {self.most:,} items")
        found = self.spread.decode(split_query(text))
        return {} if found is ABSENT else found
