"""Exchange: one request and its response, as they went over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

__all__ = ["Exchange", "Headers"]

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Exchange:
    """A request and its response; `target` is the path with its query as it was written."""

    method: str
    target: str
    request_headers: Headers = ()
    request_body: bytes = field(default=b"", repr=False)
    status: int = 200
    response_headers: Headers = ()
    response_body: bytes = field(default=b"", repr=False)

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return urlsplit(self.target).path

    @property
    def query(self) -> str:
        """The query string."""
        return urlsplit(self.target).query

    def header(self, name: str) -> str:
        """Return a header of the response, "" where there is none."""
        return next((text for key, text in self.response_headers if key.lower() == name.lower()), "")
