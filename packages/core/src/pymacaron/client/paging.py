"""Pages: which request follows an answer, by `x-pagination` of its operation or by its Link header (RFC 8288)."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import RootModel

from pymacaron.client.answers import Answer, Raw, broken
from pymacaron.client.attempts import within_origin
from pymacaron.client.outgoing import Outgoing
from pymacaron.exceptions import SpecError
from pymacaron.http.names import parameter_keywords
from pymacaron.models.problems import InvalidValue, ValueProblem
from pymacaron.spec import Operation

__all__ = ["Paging", "items_of", "page_steps", "paging_of"]

KEY = "x-pagination"
WAYS = {"cursor": {"parameter", "property"}, "page": {"parameter", "first"}, "offset": {"parameter", "first"}}
LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:\"(?:\\.|[^\"\\])*\"|[^\s;,\"]+))?)*)\s*(?:,|$)")
REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s;,\"]+))", re.IGNORECASE)

Pointer = tuple[str, ...]
Prepare = Callable[[Mapping[str, Any]], Outgoing]


@dataclass(frozen=True, slots=True)
class Paging:
    """How an operation is paged: where its items are, and the keyword that asks for the next page.

    `way` is "cursor", "page", "offset" or "" for none; `cursor` is where the answer holds the next cursor.
    """

    items: Pointer = ()
    way: str = ""
    keyword: str = ""
    cursor: Pointer = ()
    first: int = 0


def paging_of(operation: Operation) -> Paging:
    """Return how an operation is paged; raises SpecError for an `x-pagination` that cannot be understood."""
    written = operation.extensions.get(KEY)
    if written is None:
        return Paging()
    place = operation.place.child(KEY)
    ways = [way for way in WAYS if isinstance(written, dict) and way in written]
    unknown = set(written) - {"items", *WAYS} if isinstance(written, dict) else set()
    if not isinstance(written, dict) or unknown or len(ways) > 1 or not isinstance(written.get("items", ""), str):
        raise SpecError(f"{place}: '{KEY}' takes 'items', and one of {', '.join(WAYS)}")
    items = _pointer(written.get("items", ""))
    if not ways:
        return Paging(items)
    way, told = ways[0], written[ways[0]]
    if not isinstance(told, dict) or set(told) - WAYS[way] or not isinstance(told.get("parameter"), str):
        raise SpecError(f"{place.child(way)}: '{way}' takes {' and '.join(sorted(WAYS[way]))}")
    keyword = _keyword(operation, told["parameter"])
    first = told.get("first", 1 if way == "page" else 0)
    if keyword is None:
        raise SpecError(f"{place.child(way)}: the operation has no parameter '{told['parameter']}' in its query")
    if type(first) is not int or (way == "cursor" and not isinstance(told.get("property"), str)):
        raise SpecError(f"{place.child(way)}: '{way}' takes {' and '.join(sorted(WAYS[way]))}")
    return Paging(items, way, keyword, _pointer(told.get("property", "")), first)


def page_steps(paging: Paging, prepare: Prepare, given: Mapping[str, Any]) -> Generator[Outgoing, Answer, None]:
    """Yield the request of each page, and take its answer; `prepare` makes a request with some keywords changed."""
    changes: dict[str, Any] = {}
    seen: set[int] = set()
    outgoing = prepare(changes)
    while True:
        answer = yield outgoing
        link = _next_link(answer.headers.get("link", ""))
        if link is not None:
            url = within_origin(outgoing, Raw(answer.status, answer.headers), link, "Links")
            outgoing = prepare(changes)
            outgoing.url = url
        else:
            changes = _changes(paging, {**given, **changes}, answer.value)
            if not changes:
                return
            outgoing = prepare(changes)
        if hash(outgoing.url) in seen:
            told = "Leads to a page that was there already"
            raise broken(outgoing, InvalidValue([ValueProblem((), told)]), answer.status)
        seen.add(hash(outgoing.url))


def items_of(paging: Paging, value: Any) -> Iterable[Any]:
    """Return the items of a page."""
    found = _found(value, paging.items)
    return found if isinstance(found, (list, tuple)) else ()


def _changes(paging: Paging, given: Mapping[str, Any], value: Any) -> dict[str, Any]:
    """Return the keyword that asks for the next page, nothing where there is none."""
    if paging.way == "cursor":
        cursor = _found(value, paging.cursor)
        return {} if cursor in (None, "", False) else {paging.keyword: cursor}
    count = len(list(items_of(paging, value)))
    if not paging.way or not count:
        return {}
    current = given.get(paging.keyword)
    return {paging.keyword: (paging.first if current is None else current) + (1 if paging.way == "page" else count)}


def _found(value: Any, pointer: Pointer) -> Any:
    """Return what stands in a page below some names, None where nothing does."""
    for token in pointer:
        value = _plain(value)
        try:
            value = value[token]
        except (KeyError, IndexError, TypeError):
            return None
    return _plain(value)


def _plain(value: Any) -> Any:
    return value.root if isinstance(value, RootModel) else value


def _pointer(text: str) -> Pointer:
    """Return the tokens of a JSON Pointer (RFC 6901), or of the one name that a text is."""
    if not text.startswith("/"):
        return (text,) if text else ()
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text[1:].split("/"))


def _keyword(operation: Operation, name: str) -> str | None:
    found = parameter_keywords(operation.parameters).items()
    return next((key for each, key in found if each.name == name and each.location == "query"), None)


def _next_link(header: str) -> str | None:
    """Return the target of the link to the next page, None for none."""
    for target, parameters in LINK.findall(header):
        rel = REL.search(parameters)
        if rel and "next" in (rel[1] or rel[2] or "").lower().split():
            return str(target)
    return None
