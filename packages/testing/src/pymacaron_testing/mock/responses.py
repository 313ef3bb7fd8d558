"""Which of its declared responses an operation answers with, and as which media type."""

from __future__ import annotations

from pymacaron.exceptions import RequestError
from pymacaron.http.mediatypes import is_json
from pymacaron.spec import MediaType, Operation, Response

__all__ = ["chosen", "json_or_first"]


def chosen(operation: Operation, code: int | None = None) -> tuple[int, Response | None]:
    """Return the status of a reply and what the document declares for it; raises RequestError for one it does not."""
    declared = operation.responses
    if code is not None:
        for key in (str(code), f"{code // 100}XX", "default"):
            if key in declared:
                return code, declared[key]
        known = ", ".join(declared) or "none"
        raise RequestError(f"the header Prefer: this operation declares no {code} (declared: {known})")
    for key in sorted(declared):
        if key.startswith(("2", "3")):
            return int(key.replace("XX", "00")), declared[key]
    return (200, declared["default"]) if "default" in declared else (204, None)


def json_or_first(response: Response | None) -> MediaType | None:
    """Return the media type that is sent: the first that is JSON, else the first."""
    every = list(response.content.values()) if response else []
    return next((media for media in every if is_json(media.name)), every[0] if every else None)
