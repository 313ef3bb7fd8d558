"""What media types are, as far as reading and writing them goes."""

from __future__ import annotations

from werkzeug.http import parse_options_header

__all__ = ["is_json", "plain"]


def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON (RFC 6839, section 3.1)."""
    name = plain(media_type)
    return name == "application/json" or name.endswith("+json")


def plain(media_type: str) -> str:
    """Return a media type in lower case and without its parameters."""
    return parse_options_header(media_type)[0].lower()
