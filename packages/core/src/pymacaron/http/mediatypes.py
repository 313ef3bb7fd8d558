"""What media types are, as far as reading and writing them goes."""

from __future__ import annotations

from werkzeug.http import parse_options_header

from pymacaron.wire import is_json

__all__ = ["is_json", "plain"]


def plain(media_type: str) -> str:
    """Return a media type in lower case and without its parameters."""
    return parse_options_header(media_type)[0].lower()
