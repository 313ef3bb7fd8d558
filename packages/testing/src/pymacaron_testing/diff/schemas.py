"""What differs between two schemas, however deep: which values fit no more, and which fit now."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace

from pymacaron.spec import Place, Schema
from pymacaron_testing.diff.change import Difference, Direction
from pymacaron_testing.diff.keywords import keyword_differences
from pymacaron_testing.diff.views import NULL_BRANCH, Schemas, View, Views

__all__ = ["SchemaComparison"]

Pair = tuple[Schemas, Schemas]
Inner = tuple[str, Pair]
_HIDDEN = {"request": "readOnly", "response": "writeOnly"}


class SchemaComparison:
    """Compares schemas of two documents in one direction; a pair that is met again costs nothing."""

    def __init__(self, direction: Direction) -> None:
        self._hidden = _HIDDEN[direction]
        self._old, self._new = Views(), Views()
        self._local: dict[tuple[tuple[Place, ...], tuple[Place, ...]], tuple[list[Difference], list[Inner]]] = {}
        self._open: set[tuple[tuple[Place, ...], tuple[Place, ...]]] = set()

    def differences(self, old: Schemas, new: Schemas) -> list[Difference]:
        """Return how two schemas differ, and all that they lead to, each pair once: recursive schemas end."""
        return list(self._found(old, new))

    def _found(self, old: Schemas, new: Schemas) -> Iterator[Difference]:
        waiting = deque([("", (old, new))])
        seen = {_key(old, new)}
        while waiting:
            path, (one, other) = waiting.popleft()
            differences, inner = self._compared(one, other)
            yield from (_below(each, path) for each in differences)
            for step, pair in inner:
                key = _key(*pair)
                if key not in seen:
                    seen.add(key)
                    waiting.append((path + step, pair))

    def _compared(self, old: Schemas, new: Schemas) -> tuple[list[Difference], list[Inner]]:
        key = _key(old, new)
        if key in self._open:
            return [], []
        if key not in self._local:
            self._open.add(key)
            self._local[key] = self._made(old, new)
            self._open.remove(key)
        return self._local[key]

    def _made(self, old: Schemas, new: Schemas) -> tuple[list[Difference], list[Inner]]:
        one, other = self._old.of(old), self._new.of(new)
        if not old and not new:
            return [], []
        place = (new or old)[0].resolved.place
        if one.is_nothing or other.is_nothing:
            return _emptied(one, other, place), []
        if _only_alternatives(one, other):
            found: tuple[list[Difference], list[Inner]] = [], []
            self._unions((old, one), (new, other), place, *found)
            return found
        differences = list(keyword_differences(one, other, place))
        if any(each.kind == "type-changed" and each.narrowed and each.widened for each in differences):
            return differences, []
        inner: list[Inner] = []
        self._properties(one, other, place, differences, inner)
        self._containers(one, other, place, differences, inner)
        self._unions((old, one), (new, other), place, differences, inner)
        self._mappings(one, other, place, differences)
        return differences, inner

    def _properties(
        self, old: View, new: View, place: Place, differences: list[Difference], inner: list[Inner]
    ) -> None:
        for name in (*old.properties, *(name for name in new.properties if name not in old.properties)):
            if name not in old.properties:
                self._come(name, old, new, differences, inner)
            elif name not in new.properties:
                self._gone(name, old, new, place, differences, inner)
            elif _takes(old, name, self._old) and not _takes(new, name, self._new):
                differences.append(self._removed(name, old, place, refused=True))
            else:
                inner.append((f".{name}", (old.properties[name], new.properties[name])))
        self._required(old, new, place, differences)

    def _come(self, name: str, old: View, new: View, differences: list[Difference], inner: list[Inner]) -> None:
        """Tell of a property that was an unnamed one before: what those were held to may be more, or less."""
        limit = _limit(old, self._old)
        taken = _takes(new, name, self._new)
        if taken:
            where = new.properties[name][0].place
            differences.append(Difference("property-added", "is added", where, widened=old.closed, path=f".{name}"))
        if not old.closed and (limit or not taken):
            inner.append((f".{name}", (limit, new.properties[name])))

    def _gone(
        self, name: str, old: View, new: View, place: Place, differences: list[Difference], inner: list[Inner]
    ) -> None:
        limit = _limit(new, self._new)
        taken = _takes(old, name, self._old)
        if taken:
            differences.append(self._removed(name, old, place, refused=new.closed))
        if not new.closed and (limit or not taken):
            inner.append((f".{name}", (old.properties[name], limit)))

    def _removed(self, name: str, old: View, place: Place, *, refused: bool) -> Difference:
        """Tell of a property that is gone: what is sent is refused if nothing else is taken, and answers lack it."""
        told = "is removed, and refused from now on" if refused else "is removed"
        if "deprecated" in self._old.of(old.properties[name]).flags:
            told = "is removed, as was announced by 'deprecated'"
            return Difference("property-removed", told, place, path=f".{name}")
        return Difference("property-removed", told, place, narrowed=refused, widened=True, path=f".{name}")

    def _required(self, old: View, new: View, place: Place, differences: list[Difference]) -> None:
        before, after = self._asked(old, self._old), self._asked(new, self._new)
        for name in sorted(after - before):
            told = "is required now"
            differences.append(Difference("required-added", told, place, narrowed=True, path=f".{name}"))
        for name in sorted(before - after):
            if name in new.properties or name not in old.properties:
                told = "is no longer required"
                differences.append(Difference("required-removed", told, place, widened=True, path=f".{name}"))

    def _asked(self, view: View, views: Views) -> set[str]:
        """Return the properties that are required in this direction."""
        return {name for name in view.required if not self._is_hidden(view, name, views)}

    def _is_hidden(self, view: View, name: str, views: Views) -> bool:
        return self._hidden in views.of(view.properties.get(name, ())).flags

    def _containers(
        self, old: View, new: View, place: Place, differences: list[Difference], inner: list[Inner]
    ) -> None:
        if old.items or new.items:
            inner.append(("[]", (old.items, new.items)))
        if new.closed != old.closed:
            said = "takes no further properties now" if new.closed else "takes further properties now"
            kind = "further-properties-refused" if new.closed else "further-properties-allowed"
            differences.append(Difference(kind, said, place, narrowed=new.closed, widened=old.closed))
        elif not new.closed and (old.further or new.further):
            inner.append((".*", (old.further, new.further)))

    def _unions(
        self,
        old: tuple[Schemas, View],
        new: tuple[Schemas, View],
        place: Place,
        differences: list[Difference],
        inner: list[Inner],
    ) -> None:
        one, other = old[1].unions, new[1].unions
        if not one and not other:
            return
        if len(one) > 1 or len(other) > 1:
            if len(one) != len(other):
                told = "is another combination of alternatives"
                differences.append(Difference("alternatives-changed", told, place, narrowed=True, widened=True))
                return
            for each, its in zip(one, other, strict=True):
                self._branches(each, its, place, differences, inner)
            return
        if one and other and old[1].exclusive != new[1].exclusive:
            now = new[1].exclusive
            told = "only one of the alternatives may fit now" if now else "several of the alternatives may fit now"
            differences.append(Difference("alternatives-changed", told, place, narrowed=now, widened=not now))
        before: Sequence[Schemas | None] = one[0] if one else (old[0],)
        after: Sequence[Schemas | None] = other[0] if other else (new[0],)
        self._branches(before, after, place, differences, inner)

    def _mappings(self, old: View, new: View, place: Place, differences: list[Difference]) -> None:
        """Tell of values of a discriminator that stand for something else; what came or went is so with its value."""
        if not old.discriminator or old.discriminator != new.discriminator:
            return
        for value in sorted(old.mapping.keys() | new.mapping.keys()):
            before, after = old.mapping.get(value, ()), new.mapping.get(value, ())
            if before and after and (_called(before) == _called(after) or not any(self._found(before, after))):
                continue
            told = "stands for another schema" if before and after else "is known" if after else "is no longer known"
            told = f"the value '{value}' of the discriminator {told}{' now' if after else ''}"
            narrowed, widened = bool(before), bool(after)
            differences.append(Difference("discriminator-changed", told, place, narrowed=narrowed, widened=widened))

    def _branches(
        self,
        before: Sequence[Schemas | None],
        after: Sequence[Schemas | None],
        place: Place,
        differences: list[Difference],
        inner: list[Inner],
    ) -> None:
        """Pair the branches of two unions: by what they are called, then by what they mean; the rest came or went."""
        gone = [branch for branch in before if branch is not NULL_BRANCH]
        come = [branch for branch in after if branch is not NULL_BRANCH]
        for one, other in self._pairs(gone, come):
            gone.remove(one)
            come.remove(other)
            inner.append((f"<{_name(other)}>", (one, other)))
        if len(gone) == len(come) and all(_name(branch).isdecimal() for branch in (*gone, *come)):
            inner.extend((f"<{_name(other)}>", (one, other)) for one, other in zip(gone, come, strict=True))
            gone, come = [], []
        for one in gone:
            told = f"the alternative {_name(one)} is removed"
            differences.append(Difference("alternative-removed", told, place, narrowed=True))
        for other in come:
            told = f"the alternative {_name(other)} is added"
            differences.append(Difference("alternative-added", told, other[0].place, widened=True))
        if (NULL_BRANCH in before) != (NULL_BRANCH in after):
            differences.append(_null(place, NULL_BRANCH in after))

    def _pairs(self, gone: list[Schemas], come: list[Schemas]) -> list[tuple[Schemas, Schemas]]:
        pairs: list[tuple[Schemas, Schemas]] = []
        left = list(come)
        for one in gone:
            named = [other for other in left if _name(other) == _name(one) and not _name(one).isdecimal()]
            found = named or [other for other in left if next(self._found(one, other), None) is None]
            if found:
                left.remove(found[0])
                pairs.append((one, found[0]))
        return pairs


def _takes(view: View, name: str, views: Views) -> bool:
    """Tell whether any value of a property is taken."""
    return not views.of(view.properties[name]).is_nothing if name in view.properties else not view.closed


def _limit(view: View, views: Views) -> Schemas:
    """Return what properties that are not named are held to; none where that is nothing in particular."""
    return view.further if views.of(view.further) != View() else ()


def _emptied(old: View, new: View, place: Place) -> list[Difference]:
    """Tell of a schema that takes no value at all any more, or takes one now."""
    if old.is_nothing and new.is_nothing:
        return []
    told = "no value is taken any more" if new.is_nothing else "values are taken now"
    kind = "values-refused" if new.is_nothing else "values-taken"
    return [Difference(kind, told, place, narrowed=new.is_nothing, widened=old.is_nothing)]


def _only_alternatives(old: View, new: View) -> bool:
    """Tell whether one side is nothing but alternatives, of which the other side may be one."""
    if bool(old.unions) == bool(new.unions):
        return False
    several = old if old.unions else new
    return several.types is None and not several.properties and len(several.unions) == 1


def _null(place: Place, allowed: bool) -> Difference:
    kind = "null-allowed" if allowed else "null-refused"
    return Difference(kind, f"null is {'allowed' if allowed else 'refused'} now", place, not allowed, allowed)


def _key(old: Schemas, new: Schemas) -> tuple[tuple[Place, ...], tuple[Place, ...]]:
    return tuple(map(_home, old)), tuple(map(_home, new))


def _home(schema: Schema) -> Place:
    """Return the place of a schema, or of the one that it only refers to: that is where a circle closes."""
    while not schema.siblings and (target := schema.reference) is not None:
        schema = target
    return schema.place


def _name(schemas: Schemas) -> str:
    """Return what a branch is called: the last word of what it refers to, else its title, else its position."""
    written = schemas[0].keywords.get("$ref")
    if isinstance(written, str):
        return f"'{written.rpartition('/')[2]}'"
    title = schemas[0].keywords.get("title")
    return f"'{title}'" if isinstance(title, str) else schemas[0].place.pointer[-1]


def _called(schemas: Schemas) -> str:
    return schemas[0].resolved.place.pointer[-1]


def _below(difference: Difference, path: str) -> Difference:
    return replace(difference, path=f"{path}{difference.path}".removeprefix("."))
