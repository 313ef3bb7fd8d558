"""Path parameters as the caller wrote them: a comma within an item is percent-encoded there, one between items is not.

WSGI hands over the decoded path. The servers that also tell the path as it came in do so in RAW_URI or REQUEST_URI; it
is used where it decodes to what was routed, so that a rewriting middleware has the last word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

__all__ = ["raw_values"]

VARIABLE = re.compile(r"\{([^{}]*)\}")
DELIMITERS = "!$&'()*+,;=:@|. "


def raw_values(path: str, name: str) -> Callable[[WSGIEnvironment, str], str]:
    """Return what gives the text of one variable of a path template: from the environ, else from its decoded value."""
    segments = path.split("/")
    index = next(place for place, segment in enumerate(segments) if f"{{{name}}}" in segment)
    from_end = index - len(segments)
    pattern = re.compile(_pattern(segments[index], name), re.DOTALL)

    def raw(environ: WSGIEnvironment, value: str) -> str:
        written = _written(environ).split("/")
        match = pattern.fullmatch(written[from_end]) if len(written) >= -from_end else None
        return match[1] if match else quote(value, safe=DELIMITERS)

    return raw


def _pattern(segment: str, name: str) -> str:
    parts = VARIABLE.split(segment)
    return "".join(
        re.escape(part) if index % 2 == 0 else "(.+?)" if part == name else ".+?" for index, part in enumerate(parts)
    )


def _written(environ: WSGIEnvironment) -> str:
    """Return the path as the caller wrote it, nothing where that is not known or was changed on the way."""
    uri: str = environ.get("RAW_URI") or environ.get("REQUEST_URI") or ""
    path = uri.partition("?")[0]
    if "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    routed: str = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return path if unquote_to_bytes(path.encode("latin-1", "replace")) == routed.encode("latin-1", "replace") else ""
