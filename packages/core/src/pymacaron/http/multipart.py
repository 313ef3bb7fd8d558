"""Forms as Flask's request object parses them, made strict: a broken one is refused and not taken as empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

from werkzeug.datastructures import FileStorage, Headers
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

if TYPE_CHECKING:
    from flask import Request

    from pymacaron.spec import RequestLimits

__all__ = ["PartText", "bound_form"]

MOST_PARTS = 1000
LONGEST_BOUNDARY = 200
"""RFC 2046, section 5.1.1 says 70; Werkzeug's own test client sends up to 72."""
LONGEST_HEADER = 16 * 1024
"""Bytes of all header lines of one part."""
CHUNK = 64 * 1024
CHARSETS = {"ascii", "us-ascii", "utf-8", "iso-8859-1"}


class PartText(str):
    """The text of a part that is no file, with the headers of the part."""

    headers: Headers


class StrictParser(FormDataParser):
    """A parser that raises BadRequest (400) for a form that is cut off or malformed, with its files closed."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """Return the stream, the fields and the files."""
        self.silent = False
        try:
            if mimetype != "multipart/form-data":
                return super().parse(stream, mimetype, content_length, options)
            boundary = (options or {}).get("boundary", "").encode("ascii")
            if not 0 < len(boundary) <= LONGEST_BOUNDARY:
                raise BadRequest(f"the form has no boundary of 1 to {LONGEST_BOUNDARY} characters")
            return stream, *self._parts(stream, boundary, content_length)
        except ValueError:
            raise BadRequest("the form cannot be read: it is cut off, malformed, or not in its charset") from None

    def _parts(self, stream: IO[bytes], boundary: bytes, content_length: int | None) -> tuple[Any, Any]:
        decoder = MultipartDecoder(boundary, self.max_form_memory_size, max_parts=self.max_form_parts)
        fields: list[tuple[str, str]] = []
        files: list[tuple[str, FileStorage]] = []
        part: Field | File | None = None
        text = bytearray()
        try:
            for event in _events(decoder, stream):
                if isinstance(event, (Field, File)):
                    part, text = event, bytearray()
                    if isinstance(event, File):
                        files.append((event.name, self._file(event, content_length)))
                elif isinstance(event, Data) and isinstance(part, File):
                    _write(files[-1][1], event)
                elif isinstance(event, Data) and part is not None:
                    text += event.data
                    self._check_size(len(text))
                    if not event.more_data:
                        fields.append((part.name, _text(bytes(text), part.headers)))
        except BaseException:
            for _, file in files:
                file.close()
            raise
        return self.cls(fields), self.cls(files)

    def _file(self, event: File, content_length: int | None) -> FileStorage:
        stream = self.stream_factory(content_length, event.headers.get("content-type"), event.filename, 0)
        return FileStorage(stream, event.filename, event.name, headers=event.headers)

    def _check_size(self, size: int) -> None:
        if self.max_form_memory_size is not None and size > self.max_form_memory_size:
            raise RequestEntityTooLarge


def bound_form(request: Request, limits: RequestLimits) -> None:
    """Let a request refuse a form that is broken, or has too many parts or too large ones (413)."""
    request.form_data_parser_class = StrictParser
    request.max_form_parts = min(MOST_PARTS, limits.items)
    request.max_form_memory_size = limits.body


def _events(decoder: MultipartDecoder, stream: IO[bytes]) -> Iterator[Event]:
    """Yield what a form consists of; raises BadRequest for long headers, and for much that is no part of it."""
    waiting = 0
    while True:
        data = stream.read(CHUNK)
        decoder.receive_data(data or None)
        waiting += len(data)
        while not isinstance(event := decoder.next_event(), NeedData):
            if isinstance(event, Epilogue):
                return
            if isinstance(event, (Field, File)) and _length(event.headers) > LONGEST_HEADER:
                raise BadRequest(f"a part of the form has a header of more than {LONGEST_HEADER:,} bytes")
            waiting = 0
            yield event
        if waiting > 2 * CHUNK:
            raise BadRequest(f"a part of the form has a header of more than {LONGEST_HEADER:,} bytes, or none")


def _length(headers: Headers) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers)


def _write(file: FileStorage, event: Data) -> None:
    file.stream.write(event.data)
    if not event.more_data:
        file.stream.seek(0)


def _text(data: bytes, headers: Headers) -> PartText:
    charset = parse_options_header(headers.get("content-type", ""))[1].get("charset", "").lower()
    text = PartText(data.decode(charset if charset in CHARSETS else "utf-8"))
    text.headers = headers
    return text
