"""Security schemes and requirements, in the words of OpenAPI 3 whatever the version of the document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pymacaron.spec.cursor import Cursor, kind
from pymacaron.spec.document import SecurityDefinition
from pymacaron.text import did_you_mean

__all__ = ["Requirements", "read_definitions", "read_requirements"]

Requirements = tuple[Mapping[str, tuple[str, ...]], ...] | None

_NEEDED = {
    "http": ("scheme",),
    "apiKey": ("name", "in"),
    "oauth2": (),
    "openIdConnect": ("openIdConnectUrl",),
    "mutualTLS": (),
}
_KEY_PLACES = ("query", "header", "cookie")


def read_definitions(schemes: Iterator[tuple[str, Cursor]]) -> dict[str, SecurityDefinition]:
    """Return the security schemes by name; what is wrong with one is an error, so that nothing runs open."""
    found = ((name, written.followed()) for name, written in schemes)
    return {name: _definition(name, scheme) for name, scheme in found if scheme is not None}


def _definition(name: str, scheme: Cursor) -> SecurityDefinition:
    title = f"the security scheme '{name}'"
    written = scheme.needed("type", title) or ""
    basic = written == "basic"
    type_ = "http" if basic else written
    if type_ and type_ not in _NEEDED:
        scheme.error(f"{title} has the unknown type '{type_}'; use one of {', '.join(_NEEDED)}", "type")
    needed = {} if basic else {key: scheme.needed(key, title) for key in _NEEDED.get(type_, ())}
    location = needed.get("in")
    if location is not None and location not in _KEY_PLACES:
        scheme.error(f"{title} is in '{location}'; use one of {', '.join(_KEY_PLACES)}", "in")
    word = "basic" if basic else needed.get("scheme")
    return SecurityDefinition(
        name=name,
        place=scheme.place,
        type=type_,
        scheme=word.lower() if word else None,
        location=location,
        parameter=needed.get("name"),
        definition=scheme.node,
    )


def read_requirements(holder: Cursor, known: Mapping[str, SecurityDefinition]) -> Requirements:
    """Return the `security` of an operation or document: alternatives of scheme -> scopes, None for an empty list."""
    return tuple(_requirement(alternative, known) for alternative in holder.items("security")) or None


def _requirement(alternative: Cursor, known: Mapping[str, SecurityDefinition]) -> dict[str, tuple[str, ...]]:
    for name in alternative.node:
        if name not in known:
            near = did_you_mean(name, known) or "; define it, or remove it here"
            alternative.error(f"the security scheme '{name}' is not defined{near}", name)
    return {name: _scopes(alternative, name, value) for name, value in alternative.node.items()}


def _scopes(alternative: Cursor, name: str, value: Any) -> tuple[str, ...]:
    if value is not None and not isinstance(value, list):
        alternative.error(f"the scopes of '{name}' must be a list, not {kind(value)}; write [] for none", name)
    return alternative.texts(name) if isinstance(value, list) else ()
