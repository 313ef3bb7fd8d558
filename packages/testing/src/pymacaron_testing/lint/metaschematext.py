"""What a meta-schema refuses, as sentences: of several alternatives, the one that was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron.spec import Place
from pymacaron.spec.cursor import told as as_told
from pymacaron.text import did_you_mean

__all__ = ["innermost", "sentences"]

_NAMES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
_ASKED = {
    "minItems": "must hold at least {limit} items",
    "minLength": "must not be empty",
    "minProperties": "must hold at least {limit} members",
    "maxProperties": "must hold at most {limit} members",
    "minimum": "must be at least {limit}",
    "exclusiveMinimum": "must be greater than {limit}",
    "pattern": "must match the pattern '{pattern}'",
    "format": "must be of the format '{format}'",
    "uniqueItems": "must not hold an item twice",
    "oneOf": "fits none, or several, of the forms that are allowed here",
    "anyOf": "fits none of the forms that are allowed here",
    "not": "holds what excludes each other",
    "const": "must be {expected_value}",
}


def innermost(error: Any) -> Iterator[Any]:
    """Yield the errors of the branch that was meant, however deep alternatives are nested."""
    context = getattr(error.kind, "context", None)
    if not context:
        yield error
        return
    branch = _meant(context, error.instance)
    if branch is None:
        yield error
        return
    for inner in branch:
        yield from innermost(inner)


def _meant(context: list[list[Any]], instance: Any) -> list[Any] | None:
    """Return the branch that reaches deepest; a reference is meant only where there is one."""
    refers = isinstance(instance, dict) and "$ref" in instance
    known = [branch for branch in context if branch]
    branches = [branch for branch in known if refers == _is_reference(branch)] or known
    best = max(branches, key=lambda branch: (_depth(branch), -len(branch)), default=None)
    return None if best is None or (len(branches) > 1 and _is_mere_type(best)) else best


def _is_reference(branch: list[Any]) -> bool:
    return any(
        "Reference" in map(str, error.schema_path) or "reference" in map(str, error.schema_path) for error in branch
    )


def _depth(branch: list[Any]) -> int:
    return max(len(error.instance_path) + bool(getattr(error.kind, "options", None)) for error in branch)


def _is_mere_type(branch: list[Any]) -> bool:
    return all(error.kind.name == "type" for error in branch)


def sentences(error: Any, top: Place, words: frozenset[str]) -> Iterator[tuple[Place, str]]:
    """Yield the place of each thing that one error is about, and a sentence."""
    place = top.child(*map(str, error.instance_path))
    kind = error.kind.name
    if kind in ("additionalProperties", "unevaluatedProperties"):
        for name in error.kind.unexpected:
            near = did_you_mean(name, words - {name}) or "; remove it, or begin its name with 'x-'"
            yield place.child(name), f"'{name}' is not known here{near}"
        return
    yield place, f"{_named(place)} {_asked(error, kind)}"


def _named(place: Place) -> str:
    return f"'{place.pointer[-1]}'" if place.pointer else "the document"


def _asked(error: Any, kind: str) -> str:
    written = error.kind.as_dict()
    if kind == "required":
        return f"lacks '{written['property']}'; add it"
    if kind == "type":
        return (
            f"must be {' or '.join(_NAMES[name] for name in written['types'])}, not {_told(error.instance)}; correct it"
        )
    if kind == "enum":
        return f"must be one of {', '.join(map(str, written['options']))}, not {_told(error.instance)}; correct it"
    return f"{_ASKED.get(kind, f'breaks the rule {kind!r} of the meta-schema').format_map(_Open(written))}; correct it"


class _Open(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return f"its {key}"


def _told(value: Any) -> str:
    return as_told(value)
