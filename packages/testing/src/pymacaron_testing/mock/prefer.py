"""What a caller prefers to be answered: the Prefer header (RFC 7240) with `code`, `example` and `dynamic`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pymacaron.exceptions import RequestError

__all__ = ["Preference", "preference"]

PART = re.compile(r'\s*([\w-]+)\s*(?:=\s*(?:"([^"]*)"|([^\s,;"]*)))?\s*(?:[,;]|$)')


@dataclass(frozen=True)
class Preference:
    """The status, the name of an example, and whether examples are left aside; `text` tells what was applied."""

    code: int | None = None
    example: str | None = None
    dynamic: bool = False

    @property
    def text(self) -> str:
        """The value of a Preference-Applied header, "" for none (RFC 7240, section 3)."""
        told = [f"code={self.code}"] if self.code else []
        told += [f"example={self.example}"] if self.example else []
        return ", ".join([*told, *(["dynamic=true"] if self.dynamic else [])])


def preference(header: str) -> Preference:
    """Return what a Prefer header asks for; raises RequestError for a code that is no status of a reply."""
    found = {match[1].lower(): match[2] or match[3] or "" for match in PART.finditer(header)}
    code = found.get("code")
    if code is not None and not re.fullmatch("[2-5][0-9][0-9]", code):
        raise RequestError("the header Prefer: code should be a status of HTTP such as 404")
    return Preference(int(code) if code else None, found.get("example") or None, found.get("dynamic") == "true")
