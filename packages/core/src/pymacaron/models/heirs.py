"""The heirs of a base: what says in its allOf to be one, where the base has a discriminator and lists no variants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pymacaron.exceptions import SpecError
from pymacaron.models.merge import constants_of, home_of, parts_of
from pymacaron.spec import Place, Schema

__all__ = ["Heirs", "default_target", "heirs_of", "inherits", "target_of", "variants"]

_VALUE = "x-ms-discriminator-value"


@dataclass(frozen=True, slots=True)
class Heirs:
    """The property that tells which heir a value is, and what each of its values names: an heir, or the base itself."""

    base: Schema
    name: str
    tags: Mapping[str, Schema]
    inheriting: frozenset[Place]
    """Where heirs refer to the base: there it means no more than itself."""
    default: Schema | None = None
    """What a value is whose property is absent, or names none (OpenAPI 3.2.0, section 4.24.1); None refuses it."""

    @property
    def others(self) -> list[Schema]:
        """The heirs, each once."""
        found = [*self.tags.values(), *([self.default] if self.default else [])]
        return [heir for heir in dict.fromkeys(found) if heir != self.base]

    def chosen(self, tag: object) -> Schema | None:
        """Return what a value of the property names, None where it is refused."""
        return self.tags.get(tag, self.default) if isinstance(tag, str) else self.default


def heirs_of(schema: Schema) -> Heirs | None:
    """Return the heirs of a schema; None for nearly all, which have none."""
    named = schema.references.bases.get(schema.place)
    if not named:
        return None
    known: dict[Place, Heirs | None] = schema.references.heirs
    if schema.place not in known:
        known[schema.place] = _found(schema, named)
    return known[schema.place]


def inherits(schema: Schema) -> bool:
    """Tell whether a reference stands in the allOf of an heir, so that it means the base itself."""
    if not schema.references.bases or schema.reference is None:
        return False
    found = heirs_of(schema.reference)
    return found is not None and schema.place in found.inheriting


def variants(schema: Schema) -> Iterator[Schema]:
    """Yield what a value of a schema may be beside the schema itself: heirs of its parts that it does not inherit."""
    if schema.references.bases:
        parts = list(parts_of(schema))
        inherited = {part.reference.place for part in parts if part.reference is not None and inherits(part)}
        for part in parts:
            found = None if part.place in inherited else heirs_of(part)
            yield from found.others if found else ()


def target_of(owner: Schema, target: object) -> Schema | None:
    """Return the schema that a mapping names, by a reference or by a component's name; None where there is none."""
    if not isinstance(target, str):
        return None
    bare = not set("/#.") & set(target)
    components = "definitions" if owner.dialect == "swagger-2.0" else "components/schemas"
    reference = f"#/{components}/{target}" if bare else target
    try:
        return owner.references.schema(owner.place, reference, owner.dialect)
    except SpecError:
        return None


def default_target(discriminator: object) -> object:
    """Return what a discriminator names for values that name no schema themselves, None where it names nothing."""
    return discriminator.get("defaultMapping") if isinstance(discriminator, Mapping) else None


def _found(base: Schema, named: Mapping[str, Schema]) -> Heirs | None:
    written = base.siblings.get("discriminator")
    name = written.get("propertyName") if isinstance(written, Mapping) else written
    if not isinstance(name, str) or not _declared(list(parts_of(base)), name) or home_of(base)[0] != base:
        return None
    homes = {base.place: base}
    inheriting: set[Place] = set()
    for schema in named.values():
        parts = list(parts_of(schema)) if "allOf" in schema.siblings else []
        if base in parts and home_of(schema)[0] == schema:
            homes[schema.place] = schema
            inheriting |= {part.place for part in parts if part.reference == base}
    tags = _tags(base, name, written.get("mapping") if isinstance(written, Mapping) else None, homes, named)
    default = target_of(base, default_target(written))
    found = Heirs(base, name, tags, frozenset(inheriting), homes.get(home_of(default)[0].place) if default else None)
    return found if found.others else None


def _tags(
    base: Schema, name: str, mapping: object, homes: Mapping[Place, Schema], named: Mapping[str, Schema]
) -> dict[str, Schema]:
    """Return what each value of the property names: by the mapping, the names of schemas, and the heirs' constants.

    Where the base lists values, no other one counts, and those that name no heir name the base itself.
    """
    tags: dict[str, Schema] = {}

    def add(tag: object, schema: Schema | None) -> None:
        home = None if schema is None else homes.get(home_of(schema)[0].place)
        if isinstance(tag, str) and home is not None:
            tags.setdefault(tag, home)

    for tag, target in mapping.items() if isinstance(mapping, Mapping) else ():
        add(tag, target_of(base, target))
    for key, schema in named.items():
        add(schema.keywords.get(_VALUE), schema)
        add(key, schema)
    own = list(parts_of(base))
    for heir in homes.values():
        for constant in _constants([part for part in parts_of(heir) if part not in own], name) or ():
            add(constant, heir)
    listed = _constants(own, name)
    if listed is None:
        return tags
    return {tag: tags.get(tag, base) for tag in listed if isinstance(tag, str)}


def _declared(parts: list[Schema], name: str) -> list[Schema]:
    """Return what parts say of a property."""
    declared = [part.children("properties").get(name) for part in parts if "properties" in part.siblings]
    return [schema for schema in declared if schema is not None]


def _constants(parts: list[Schema], name: str) -> list[object] | None:
    return constants_of([part for schema in _declared(parts, name) for part in parts_of(schema)])
