"""Server-sent events, read from bytes as they come in (HTML Standard, section 9.2.6)."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["EventReader", "ServerSentEvent"]

END_OF_LINE = re.compile(r"\r\n|\n|\r(?!$)")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event: `event` is its type, `id` that of the last event that had one, `retry` in milliseconds."""

    data: str
    event: str = "message"
    id: str = ""
    retry: int | None = None

    def json(self) -> Any:
        """Return the data of the event, read as JSON; raises ValueError."""
        return json.loads(self.data)


class EventReader:
    """Takes bytes and gives the events that are complete; raises ValueError for one of more characters than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._decode = codecs.getincrementaldecoder("utf-8-sig")("replace").decode
        self._pieces: list[str] = []
        self._waiting = 0
        self._id = ""
        self._new()

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that a chunk completes."""
        for line in self._lines(self._decode(chunk)):
            self._size += len(line)
            if line:
                self._field(*line.partition(":")[::2])
            elif self._data:
                yield ServerSentEvent("\n".join(self._data), self._event or "message", self._id, self._retry)
                self._new()
            else:
                self._new()
        if self._size + self._waiting > self._most:
            raise ValueError(f"Has an event of more than {self._most:,} characters")

    def _lines(self, text: str) -> list[str]:
        """Return the lines that a text completes; what is left of it is looked at again only where a line may end."""
        if not text:
            return []
        may_end = "\n" in text or "\r" in text or (self._pieces and self._pieces[-1].endswith("\r"))
        self._pieces.append(text)
        self._waiting += len(text)
        if not may_end:
            return []
        *lines, rest = END_OF_LINE.split("".join(self._pieces))
        self._pieces, self._waiting = [rest], len(rest)
        return lines

    def _new(self) -> None:
        self._data: list[str] = []
        self._event = ""
        self._retry: int | None = None
        self._size = 0

    def _field(self, name: str, value: str) -> None:
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self._retry = int(value[:9])
