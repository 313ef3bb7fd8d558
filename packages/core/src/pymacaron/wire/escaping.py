"""How texts are made fit for each place of a request, and where a list of them can be split again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, unquote

from pymacaron.wire.errors import Unreadable, Unsendable

__all__ = [
    "COOKIE",
    "FORM_COOKIE",
    "HEADER",
    "PATH",
    "PLAIN",
    "QUERY",
    "QUERY_STRING",
    "Delimiter",
    "Escaping",
    "delimiter",
    "reserved",
]

OPEN_IN = {"path": "!$&'()*+,;=:@", "query": "!$'()*,/:;=?@", "cookie": "!$&'()*+/:=?@[]#"}
"""Reserved characters that may stand there as they are, those left out that would end the text or mean a space."""
PERCENT_ALONE = re.compile("%(?![0-9A-Fa-f]{2})")
HEADER_TEXT = re.compile(r"[!-~\x80-\xff]([\t -~\x80-\xff]*[!-~\x80-\xff])?|")
COOKIE_TEXT = re.compile(r"[!#-+\--:<-\[\]-~]*")
LOOSE = {" ": "%20", "|": "%7C", "\t": "%09"}
"""Delimiters that a URL cannot hold: they are percent-encoded themselves, so no value can hold them."""


@dataclass(frozen=True, slots=True)
class Escaping:
    """How one place of a request holds texts: `percent` where it can hold all, percent-encoded."""

    place: str
    percent: bool
    escape: Callable[[str], str]
    unescape: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Delimiter:
    """What stands between the texts of one list: `guard` keeps it out of an escaped text, or raises Unsendable.

    `split` takes a text and how often it is split at most.
    """

    written: str
    split: Callable[[str, int], list[str]]
    guard: Callable[[str], str]


def delimiter(character: str, escaping: Escaping) -> Delimiter:
    """Return the delimiter that a character is in a place."""
    if not escaping.percent:
        written = "; " if character == ";" else character
        return Delimiter(written, partial(_split_plain, character), partial(_forbid, character))
    if character not in LOOSE:
        code = f"%{ord(character):02X}"
        return Delimiter(character, partial(_split_plain, character), lambda text: text.replace(character, code))
    written = LOOSE[character]
    plus = r"|\+" if character == " " and escaping.place == "query" else ""
    pattern = re.compile(f"(?i:{written})|{re.escape(character)}{plus}")
    return Delimiter(written, pattern.split, partial(_forbid, written))


def reserved(escaping: Escaping) -> Escaping:
    """Return an escaping that lets reserved characters and percent-encoded triples pass (`allowReserved`)."""
    if not escaping.percent:
        return escaping
    safe = OPEN_IN[escaping.place] + "%"
    return Escaping(escaping.place, True, lambda text: _quoted(PERCENT_ALONE.sub("%25", text), safe), escaping.unescape)


def _split_plain(character: str, text: str, most: int) -> list[str]:
    return text.split(character, most)


def _forbid(written: str, text: str) -> str:
    if written in text:
        raise Unsendable("A text holds the delimiter of its style")
    return text


def _quoted(text: str, safe: str = "") -> str:
    try:
        return quote(text, safe=safe)
    except UnicodeEncodeError:
        raise Unsendable("A text holds half of a surrogate pair") from None


def _unquoted(text: str) -> str:
    if "%" not in text:
        return text
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise Unreadable("Is not UTF-8") from None


def _unquoted_plus(text: str) -> str:
    return _unquoted(text.replace("+", " ") if "+" in text else text)


def _same(text: str) -> str:
    return text


def _matching(pattern: re.Pattern[str], where: str, text: str) -> str:
    if pattern.fullmatch(text):
        return text
    raise Unsendable(f"A text holds characters that no {where} can")


PATH = Escaping("path", True, _quoted, _unquoted)
QUERY = Escaping("query", True, _quoted, _unquoted_plus)
QUERY_STRING = Escaping("query", True, _quoted, _unquoted)
"""Of whole query strings that are no form: a plus is a plus there."""
FORM_COOKIE = Escaping("cookie", True, _quoted, _unquoted)
HEADER = Escaping("header", False, partial(_matching, HEADER_TEXT, "header"), lambda text: text.strip(" \t"))
COOKIE = Escaping("cookie", False, partial(_matching, COOKIE_TEXT, "cookie"), _same)
PLAIN = Escaping("form", False, _same, _same)
"""Of fields of a multipart form: they hold any text as it is."""
