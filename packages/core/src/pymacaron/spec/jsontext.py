"""JSON text into plain data, strictly, and the line of each of its keys by a scan that only messages need."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed knows py_scanstring only
from typing import Any

from pymacaron.spec.limits import MAX_DEPTH, MAX_DIGITS, MAX_NODES, TextError
from pymacaron.spec.yamltext import Lines

__all__ = ["json_line", "json_lines", "parse_json"]

_WORD = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:\n]|[^\s"{}\[\],:]+', re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _UnwantedError(Exception):
    """A word that JSON's parser takes and we do not: (word, sentence)."""


class _RepeatedError(Exception):
    """Some object holds a key twice."""


def parse_json(text: str) -> Any:
    """Return the data of a JSON text; raise json.JSONDecodeError or TextError."""
    try:
        data = json.loads(
            text, object_pairs_hook=_object, parse_constant=_not_finite, parse_float=_number, parse_int=_integer
        )
    except RecursionError:
        raise TextError.too_deep(_deep_line(text)) from None
    except _UnwantedError as unwanted:
        word, sentence = unwanted.args
        raise TextError((next(line for line, found in _words(text) if found == word), sentence)) from None
    except _RepeatedError:
        json_lines(text)
        raise
    _check_size(data, text)
    _check_text(data, text)
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _RepeatedError
    return members


def _not_finite(word: str) -> Any:
    raise _UnwantedError(word, f"'{word}' is no number that JSON can hold; write a finite one, or quote it as text")


def _number(word: str) -> float:
    number = float(word)
    return number if math.isfinite(number) else _not_finite(word)


def _integer(word: str) -> int:
    if len(word) > MAX_DIGITS:
        raise _UnwantedError(word, f"a number of {len(word)} characters is too long; shorten it, or quote it as text")
    return int(word)


def _check_size(data: Any, text: str) -> None:
    """Refuse data that is too deep or too large, level by level."""
    level, depth, values = [data], 0, 1
    while level := [node for node in level if node.__class__ in (dict, list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise TextError.too_deep(_deep_line(text))
        level = [child for node in level for child in (node.values() if node.__class__ is dict else node)]
        values += len(level)
        if values > MAX_NODES:
            raise TextError.too_many(1)


def _check_text(data: Any, text: str) -> None:
    """Refuse half of a surrogate pair, which no UTF-8 text can hold."""
    if not _SURROGATE.search(text):
        return
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        line = next(line for line, word in _words(text) if _is_half(word))
        raise TextError((line, "this text holds half of a surrogate pair; write the whole pair")) from None


def _is_half(word: str) -> bool:
    return word[0] == '"' and any("\ud800" <= character <= "\udfff" for character in json.loads(word, strict=False))


def _words(text: str) -> Iterator[tuple[int, str]]:
    """Yield each word with its 1-based line."""
    line = 1
    for word in _WORD.findall(text):
        if word == "\n":
            line += 1
        else:
            yield line, word


def _deep_line(text: str) -> int:
    depth = 0
    for line, word in _words(text):
        depth += (word in ("{", "[")) - (word in ("}", "]"))
        if depth > MAX_DEPTH:
            return line
    return 1


def json_lines(text: str) -> tuple[int, Lines]:
    """Return the line of the root of a JSON text, and the lines below it; raise TextError for repeated keys."""
    scan = _LineScan()
    for line, word in _words(text):
        scan.take(line, word)
    if scan.repeats:
        raise TextError.repeated(scan.repeats)
    root_line, lines = scan.root["0"]
    return root_line, lines


def json_line(text: str, pointer: Sequence[str]) -> int:
    """Return the line of the key or item that a pointer names, or of its nearest ancestor that exists.

    Nothing behind it is read, and what stands before it is passed by at the speed of json: for a few lines this is a
    tenth of `json_lines`. Raises ValueError for what is no JSON.
    """
    told = value = _past_space(text, 0)
    for token in pointer:
        found = _member(text, value, token)
        if found is None:
            break
        told, value = found
    return text.count("\n", 0, told) + 1


def _member(text: str, start: int, token: str) -> tuple[int, int] | None:
    """Return where the key, or item, of a name begins in the object or array at `start`, and where its value does."""
    if text[start] not in "{[":
        return None
    is_object = text[start] == "{"
    place, index = _past_space(text, start + 1), 0
    while text[place] not in "}]":
        value, key = place, str(index)
        if is_object:
            key, end = scanstring(text, place + 1)
            value = _past_space(text, _past_space(text, end) + 1)
        if key == token:
            return place, value
        place, index = _past_space(text, _DECODER.raw_decode(text, value)[1]), index + 1
        if text[place] == ",":
            place = _past_space(text, place + 1)
    return None


def _past_space(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


class _LineScan:
    """Takes the words of a JSON text that is known to be sound, and notes where each value stands."""

    def __init__(self) -> None:
        self.root: Lines = {}
        self.stack: list[tuple[Lines, bool]] = []
        self.lines, self.mapping = self.root, False
        self.key: str | None = None
        self.line = 1
        self.repeats: list[tuple[int, str, int]] = []

    def take(self, line: int, word: str) -> None:
        """Take one word."""
        if word in ("}", "]"):
            self.lines, self.mapping = self.stack.pop()
        elif word in (",", ":"):
            return
        elif self.mapping and self.key is None:
            self.key, self.line = json.loads(word), line
        else:
            self.put(line if not self.mapping else self.line, word)

    def put(self, line: int, word: str) -> None:
        """Note the value that begins with a word."""
        key = str(len(self.lines)) if self.key is None else self.key
        below: Lines = {}
        if key in self.lines:
            self.repeats.append((line, key, self.lines[key][0]))
        else:
            self.lines[key] = (line, below)
        self.key = None
        if word in ("{", "["):
            self.stack.append((self.lines, self.mapping))
            self.lines, self.mapping = below, word == "{"
