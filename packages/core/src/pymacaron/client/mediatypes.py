"""What media types are, as far as clients ask."""

from __future__ import annotations

import re

__all__ = ["charset_of", "is_text", "plain"]

CHARSET = re.compile(r";\s*charset=\"?([\w.:-]+)", re.IGNORECASE)
CHARSETS = {"ascii", "iso-8859-1", "latin-1", "us-ascii", "utf-16", "utf-8", "windows-1252"}


def plain(media_type: str) -> str:
    """Return a media type in lower case and without its parameters."""
    return media_type.partition(";")[0].strip().lower()


def is_text(media_type: str) -> bool:
    """Tell whether a media type is text."""
    return media_type.startswith("text/")


def charset_of(content_type: str) -> str | None:
    """Return the charset that a Content-Type names, UTF-8 by default, None for one that is not read."""
    found = CHARSET.search(content_type)
    charset = found[1].lower() if found else "utf-8"
    return charset if charset in CHARSETS else None
