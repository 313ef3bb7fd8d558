"""Forms as Flask's request object parses them, made strict: a broken one is refused and not taken as empty."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

from werkzeug.exceptions import BadRequest
from werkzeug.formparser import FormDataParser

if TYPE_CHECKING:
    from flask import Request

    from pymacaron.spec import RequestLimits

__all__ = ["bound_form"]

MOST_PARTS = 1000


class StrictParser(FormDataParser):
    """A parser that raises BadRequest (400) for a form that is cut off, or has no boundary."""

    def parse(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None
    ) -> Any:
        """Return the stream, the fields and the files."""
        self.silent = False
        try:
            return super().parse(stream, mimetype, content_length, options)
        except ValueError:
            raise BadRequest("the form cannot be read: it is cut off, or its boundary is missing") from None


def bound_form(request: Request, limits: RequestLimits) -> None:
    """Let a request refuse a form that is broken, or has too many parts or too large ones (413)."""
    request.form_data_parser_class = StrictParser
    request.max_form_parts = min(MOST_PARTS, limits.items)
    request.max_form_memory_size = limits.body
