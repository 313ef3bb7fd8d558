"""The rule about keywords that are almost one of those that are known."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from pymacaron.spec import Place
from pymacaron.spec.extensions import EXTENSIONS as KNOWN
from pymacaron.spec.keywords import LISTS, LISTS_NEW, MAPS, MAPS_NEW, ONE, ONE_NEW
from pymacaron_testing.lint.records import Found
from pymacaron_testing.lint.subject import Subject

__all__ = ["EXTENSIONS", "misspelt"]

EXTENSIONS = tuple(each.name for each in KNOWN if each.ours)
_PLAIN = {
    *("default", "description", "discriminator", "enum", "example", "exclusiveMaximum", "exclusiveMinimum"),
    *("externalDocs", "format", "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength"),
    *("minProperties", "minimum", "multipleOf", "pattern", "readOnly", "required", "title", "type", "uniqueItems"),
    "xml",
}
_PLAIN_3 = {"deprecated", "nullable", "writeOnly"}
_PLAIN_NEW = {
    *("$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$schema", "$vocabulary", "const"),
    *("contentEncoding", "contentMediaType", "dependentRequired", "examples", "maxContains", "minContains"),
}
_KNOWN = frozenset((*_PLAIN, *ONE, *LISTS, *MAPS, "$ref"))
_KNOWN_3 = _KNOWN | _PLAIN_3
_KNOWN_NEW = _KNOWN_3 | {*_PLAIN_NEW, *ONE_NEW, *LISTS_NEW, *MAPS_NEW}
_NEAR = 0.8


def misspelt(subject: Subject) -> Iterator[Found]:
    """Find keywords of schemas, and extensions of anything, that miss a known one by a letter or two."""
    dialect = subject.document.dialect
    known = {"swagger-2.0": _KNOWN, "openapi-3.0": _KNOWN_3, "openapi-3.1": _KNOWN_NEW}[dialect]
    for schema in subject.tree.schemas:
        for word in schema.keywords:
            if word not in known and not word.startswith("x-"):
                yield from _near(schema.place, word, known)
    written = [(schema.place, schema.keywords) for schema in subject.tree.schemas]
    for place, node in [*subject.tree.objects, *written]:
        for word in node:
            if word.startswith("x-") and word not in EXTENSIONS:
                yield from _near(place, word, EXTENSIONS)


def _near(place: Place, word: str, known: frozenset[str] | tuple[str, ...]) -> Iterator[Found]:
    spelt = {each.lower(): each for each in known}
    near = difflib.get_close_matches(word.lower(), spelt, n=1, cutoff=_NEAR)
    if near:
        yield place.child(word), f"'{word}' means nothing here; did you mean '{spelt[near[0]]}'?"
