"""The files of a document: YAML 1.2 or JSON into plain data, and the line of each node where a message needs it."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pymacaron.exceptions import SpecError
from pymacaron.spec.jsontext import json_line, json_lines, parse_json
from pymacaron.spec.limits import MAX_BYTES, TextError
from pymacaron.spec.yamltext import Lines, parse_yaml, yaml_lines
from pymacaron.text import shown

__all__ = ["Source", "UnreadableError", "line_of", "read_source", "shown"]

_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
MOST_SINGLE_LINES = 8
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class UnreadableError(SpecError):
    """A file that cannot be read: `found` holds the line (0 where none says anything) and sentence of each problem."""

    def __init__(self, path: Path, *found: tuple[int, str]) -> None:
        self.path = path
        self.found = found
        super().__init__(
            *(f"{shown(path)}:{line}: {said}" if line else f"{shown(path)}: {said}" for line, said in found)
        )


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was read: `data` holds only dicts with text keys, lists, text, numbers, booleans and None."""

    path: Path
    data: Any


def read_source(path: Path) -> Source:
    """Read a YAML or JSON file; raise UnreadableError with a sentence for each thing that is wrong with its text."""
    try:
        return Source(path, _parsed(path, _decoded(_content(path))))
    except TextError as error:
        raise UnreadableError(path, *error.problems) from None


def _content(path: Path) -> bytes:
    """Return the bytes of a regular file of a bearable size."""
    try:
        if path.is_dir():
            raise TextError((0, "this is a folder; name the file of a document in it"))
        if path.exists() and not path.is_file():
            raise TextError((0, "this is no regular file; name the file of a document"))
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise TextError((0, f"the file holds {size:,} bytes, more than {MAX_BYTES:,}; split it"))
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise TextError((0, "there is no such file; correct the path, or write the file")) from None
    except OSError as error:
        raise TextError((0, f"the file cannot be read ({error.strerror}); correct that")) from None


def _decoded(content: bytes) -> str:
    text = _text(content)
    if found := _UNPRINTABLE.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise TextError((line, f"the character U+{ord(found[0]):04X} cannot stand in a document; remove or escape it"))
    return text


def _text(content: bytes) -> str:
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8")
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise TextError((line, f"the bytes here are no {encoding.upper()} text; save the file as UTF-8")) from None


def _parsed(path: Path, text: str) -> Any:
    if path.suffix == ".json":
        if not text.strip():
            raise TextError((1, "the file is empty; write an OpenAPI document into it"))
        try:
            return parse_json(text)
        except json.JSONDecodeError as error:
            raise TextError((error.lineno, f"broken JSON: {error.msg.lower()}; correct the syntax here")) from None
    if _like_json(text):
        try:
            return parse_json(text)
        except json.JSONDecodeError:
            pass
    return parse_yaml(text)


def _like_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def line_of(path: Path | Source, pointer: tuple[str, ...]) -> int:
    """Return the 1-based line of the key or item that a pointer names, or of its nearest ancestor that exists."""
    file = path.path if isinstance(path, Source) else path
    try:
        status = file.stat()
        state = (file, status.st_mtime_ns, status.st_size)
        asked = _asked(*state)
        if file.suffix == ".json" and (pointer in asked or len(asked) < MOST_SINGLE_LINES):
            if pointer not in asked:
                asked[pointer] = json_line(_text(_content(file)), pointer)
            return asked[pointer]
        line, lines = _lines(*state)
    except (OSError, ValueError, IndexError, TextError):
        return 1
    for token in pointer:
        if token not in lines:
            break
        line, lines = lines[token]
    return line


@lru_cache(maxsize=64)
def _asked(_path: Path, _changed: int, _size: int) -> dict[tuple[str, ...], int]:
    """Return the lines of a file that were looked for one by one: of many, all are found at once."""
    return {}


@lru_cache(maxsize=8)
def _lines(path: Path, _changed: int, _size: int) -> tuple[int, Lines]:
    """Return the lines of a file; another time of change or size is another state of it."""
    text = _decoded(_content(path))
    if path.suffix == ".json":
        return json_lines(text)
    if _like_json(text):
        try:
            json.loads(text)
        except json.JSONDecodeError:
            return yaml_lines(text)
        return json_lines(text)
    return yaml_lines(text)
