"""The files of a schema as a validator of JSON Schema reads them: what it reaches, by the URLs that name it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymacaron.exceptions import SpecError
from pymacaron.models.heirs import heirs_of, inherits
from pymacaron.models.moving import ITSELF, Moves, moved, moves_of
from pymacaron.models.patterns import BoundedPattern
from pymacaron.models.rewriting import Direction, Rewriting
from pymacaron.spec import Place, Schema, is_api, is_known, joined, schemas_in

__all__ = ["Direction", "Resources", "reached", "resources_of"]

_VALIDATION = frozenset(
    {
        "const",
        "dependentRequired",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "pattern",
        "required",
        "type",
        "uniqueItems",
    }
)
"""The vocabulary of validation (JSON Schema Validation 2020-12, section 6)."""


@dataclass(frozen=True, slots=True)
class Resources:
    """The URL and the content of each file that a schema reaches, with its schemas as one direction sees them.

    Of an OpenAPI document only the schemas are there that are reached. References are told by position, so that names
    do not matter any more; only where some are dynamic, names stay, and files go by the names they have themselves.
    """

    dynamic: bool
    moves: dict[Path, Moves]
    contents: list[tuple[str, Any]] = field(default_factory=list)
    patterns: dict[str, BoundedPattern] = field(default_factory=dict)

    def url(self, schema: Schema) -> str:
        """Return the URL of a schema's place."""
        known = schema.keywords.get("$id")
        if isinstance(known, str) and is_known(known):
            return known
        file = schema.place.file
        address = schema.references.identifiers.address(file)
        if self.dynamic:
            data = schema.references.source(file).data
            address = schema.references.identifiers.base(Place(file), data, new=True) or address
        tokens = moved(schema.place.pointer, self.moves.get(file, {}))
        fragment = "".join("/" + quote(token.replace("~", "~0").replace("/", "~1")) for token in tokens)
        return f"{address}#{fragment}" if fragment else address

    def itself(self, schema: Schema) -> str:
        """Return the URL of what a schema is by itself, without its heirs."""
        url = self.url(schema)
        return url if heirs_of(schema) is None else f"{url}{'' if '#' in url else '#'}/{ITSELF}"

    def reference(self, schema: Schema) -> str:
        """Return what the `$ref` of a schema is among these files."""
        target = schema.reference
        if target is None:
            return ""
        if inherits(schema):
            return self.itself(target)
        return self._named(schema, str(schema.keywords["$ref"]), target)

    def dynamic_reference(self, schema: Schema) -> str:
        """Return what the `$dynamicRef` of a schema is among these files: an anchor stays one."""
        written = str(schema.keywords["$dynamicRef"])
        fragment = written.partition("#")[2]
        if fragment and not fragment.startswith("/"):
            return written
        return self._named(schema, written, schema.references.schema(schema.place, written, schema.dialect))

    def _named(self, schema: Schema, written: str, target: Schema) -> str:
        if not self.dynamic:
            _, mark, fragment = written.partition("#")
            known = is_known(str(target.keywords.get("$id")))
            return self.url(target) + (mark + fragment if known else "")
        identifiers, file = schema.references.identifiers, schema.place.file
        base = identifiers.base(schema.place, schema.references.source(file).data, new=True)
        url, mark, fragment = joined(base or identifiers.address(file), written).partition("#")
        if url == identifiers.address(target.place.file):
            if isinstance(target.keywords.get("$id"), str):
                return identifiers.base(target.place, schema.references.source(target.place.file).data, new=True)
            if not fragment or fragment.startswith("/"):
                return self.url(target)
            url = self.url(replace(target, place=Place(target.place.file)))
        return url + mark + fragment


def resources_of(schema: Schema, direction: Direction) -> Resources:
    """Return what a validator of a schema must know."""
    files: dict[Path, dict[tuple[str, ...], Schema]] = {}
    moves: dict[Path, Moves] = {}
    dynamic = False
    for each in reached(schema):
        files.setdefault(each.place.file, {})[each.place.pointer] = each
        moves.setdefault(each.place.file, {}).update(moves_of(each))
        dynamic = dynamic or (each.dialect == "openapi-3.1" and "$dynamicRef" in each.keywords)
    found = Resources(dynamic, moves)
    for file, schemas in files.items():
        data = schema.references.source(file).data
        api = is_api(data)
        tops = _tops(schemas) if dynamic and api else {}
        moves[file].update({top: (len(top), tokens) for top, tokens in tops.items()})
        rewriting = Rewriting(direction, found, api, dynamic, _meaningless(schema, file, data))
        content = rewriting.content({} if api else data, schemas)
        if tops:
            content = {"$defs": {name: _at(content, top) for top, (_, name) in tops.items()}}
        top = Schema(Place(file), content if isinstance(content, dict) else {}, schema.dialect, schema.references)
        found.contents.append((found.url(top), content))
        found.patterns.update(rewriting.patterns)
    return found


def _tops(schemas: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[str, str]]:
    """Return where the outermost schemas go of a document that is none: names are only looked for below keywords."""
    known = set(schemas)
    tops = [pointer for pointer in known if not any(pointer[:length] in known for length in range(len(pointer)))]
    return {pointer: ("$defs", "/".join(pointer)) for pointer in sorted(tops)}


def _at(content: Any, pointer: tuple[str, ...]) -> Any:
    for token in pointer:
        content = content[token]
    return content


def reached(schema: Schema) -> Iterator[Schema]:
    """Yield a schema and all that it leads to, each once."""
    pending, seen = [schema], {schema.place}
    while pending:
        current = pending.pop()
        if is_known(str(current.keywords.get("$id"))):
            continue
        yield current
        for other in _next(current):
            if other.place not in seen:
                seen.add(other.place)
                pending.append(other)


def _next(schema: Schema) -> Iterator[Schema]:
    new = schema.dialect == "openapi-3.1"
    for keyword in ("$ref", "$dynamicRef") if new else ("$ref",):
        target = schema.keywords.get(keyword)
        if isinstance(target, str):
            try:
                yield schema.references.schema(schema.place, target, schema.dialect)
            except SpecError:
                continue
    heirs = heirs_of(schema)
    yield from heirs.others if heirs else ()
    if new or "$ref" not in schema.keywords:
        for tokens, _ in schemas_in(dict(schema.keywords), new):
            yield schema.child(*tokens)


def _meaningless(schema: Schema, file: Path, data: Any) -> frozenset[str]:
    """Return the keywords that the meta-schema of a file leaves out (JSON Schema Core 2020-12, section 8.1.2)."""
    written = data.get("$schema") if isinstance(data, dict) else None
    if not isinstance(written, str) or is_known(written):
        return frozenset()
    try:
        vocabularies = schema.references.schema(Place(file), written, schema.dialect).keywords.get("$vocabulary")
    except SpecError:
        return frozenset()
    told = isinstance(vocabularies, dict) and not any(name.endswith("/vocab/validation") for name in vocabularies)
    return _VALIDATION if told else frozenset()
