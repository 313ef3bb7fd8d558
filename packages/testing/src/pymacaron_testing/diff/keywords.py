"""What differs between the keywords of two views: types, values, limits, patterns and formats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pymacaron.spec import Place
from pymacaron_testing.diff.change import Difference
from pymacaron_testing.diff.views import COUNTS_LEAST, COUNTS_MOST, Bound, View

__all__ = ["keyword_differences"]

_EVERY = frozenset({"null", "boolean", "object", "array", "string", "number", "integer"})
_WIDER = {("int32", "int64"), ("float", "double")}
_MEASURED = {
    "minLength": ("string", "the least length"),
    "maxLength": ("string", "the greatest length"),
    "minItems": ("array", "the least number of items"),
    "maxItems": ("array", "the greatest number of items"),
    "minProperties": ("object", "the least number of properties"),
    "maxProperties": ("object", "the greatest number of properties"),
}
Make = Callable[[View, View, Place], Iterator[Difference]]


def keyword_differences(old: View, new: View, place: Place) -> Iterator[Difference]:
    """Yield how the keywords of two views differ, those that no common type knows left out."""
    for make in (_types, _values, _bounds, _multiples, _counts, _unique, _patterns, _formats, _opaque, _telling):
        yield from make(old, new, place)


def _types(old: View, new: View, place: Place) -> Iterator[Difference]:
    before = _EVERY if old.types is None else old.types
    after = _EVERY if new.types is None else new.types
    plain = (old.types is None or new.types is None) and (old.unions or new.unions)
    if before == after or plain:
        return
    if before - {"null"} == after - {"null"}:
        allowed = "null" in after
        kind = "null-allowed" if allowed else "null-refused"
        told = f"null is {'allowed' if allowed else 'refused'} now"
        yield Difference(kind, told, place, narrowed=not allowed, widened=allowed)
        return
    told = f"the type goes from {_named(old.types)} to {_named(new.types)}"
    yield Difference("type-changed", told, place, narrowed=bool(before - after), widened=bool(after - before))


def _named(types: frozenset[str] | None) -> str:
    if types is None:
        return "any"
    return " or ".join(sorted(types - {"integer"} if "number" in types else types)) or "none"


def _values(old: View, new: View, place: Place) -> Iterator[Difference]:
    if old.values is None and new.values is not None:
        told = f"only {_listed(new.values)} is allowed now"
        yield Difference("values-limited", told, place, narrowed=True)
    elif old.values is not None and new.values is None:
        yield Difference("values-freed", "any value of the type is allowed now", place, widened=True)
    elif old.values is not None and new.values is not None:
        if gone := [text for text in old.values if text not in new.values and text != "null"]:
            yield Difference("value-removed", f"{_listed(gone)} is no longer among the values", place, narrowed=True)
        if come := [text for text in new.values if text not in old.values and text != "null"]:
            yield Difference("value-added", f"{_listed(come)} is among the values now", place, widened=True)


def _listed(texts: Iterable[str]) -> str:
    known = [text if len(text) < 40 else f"{text[:36]}..." for text in texts]
    return ", ".join(known[:8]) + (f" and {len(known) - 8} more" if len(known) > 8 else "")


def _bounds(old: View, new: View, place: Place) -> Iterator[Difference]:
    if not _both(old, new, "integer"):
        return
    yield from _bound("minimum", old.lowest, new.lowest, place, up=True)
    yield from _bound("maximum", old.highest, new.highest, place, up=False)


def _bound(name: str, old: Bound | None, new: Bound | None, place: Place, *, up: bool) -> Iterator[Difference]:
    if old == new:
        return
    if old is None or new is None:
        narrowed = old is None
    else:
        further = new[0] > old[0] if up else new[0] < old[0]
        narrowed = further if new[0] != old[0] else new[1]
    told = f"the {name} goes from {_limit(old)} to {_limit(new)}"
    yield Difference(f"{name}-changed", told, place, narrowed=narrowed, widened=not narrowed)


def _limit(bound: Bound | None) -> str:
    if bound is None:
        return "none"
    number = int(bound[0]) if float(bound[0]).is_integer() else bound[0]
    return f"{number} (exclusive)" if bound[1] else str(number)


def _multiples(old: View, new: View, place: Place) -> Iterator[Difference]:
    if old.multiples == new.multiples or not _both(old, new, "integer"):
        return
    narrowed = not all(any(_divides(each, other) for other in old.multiples) for each in new.multiples)
    widened = not all(any(_divides(each, other) for other in new.multiples) for each in old.multiples)
    yield Difference("multiple-changed", "the 'multipleOf' changes", place, narrowed=narrowed, widened=widened)


def _divides(small: float, large: float) -> bool:
    return abs(large / small - round(large / small)) < 1e-9


def _counts(old: View, new: View, place: Place) -> Iterator[Difference]:
    for word in (*COUNTS_LEAST, *COUNTS_MOST):
        kind, said = _MEASURED[word]
        least = word in COUNTS_LEAST
        before, after = (view.counts.get(word, 0 if least else None) for view in (old, new))
        if before == after or not _both(old, new, kind):
            continue
        told = f"{said} goes from {_count(before)} to {_count(after)}"
        narrowed = before is None or (after is not None and (after > before if least else after < before))
        yield Difference(f"{word}-changed", told, place, narrowed=narrowed, widened=not narrowed)


def _count(number: int | None) -> str:
    return "any" if number is None else str(number)


def _unique(old: View, new: View, place: Place) -> Iterator[Difference]:
    if old.unique != new.unique and _both(old, new, "array"):
        told = "items must be unique now" if new.unique else "items may repeat now"
        yield Difference("unique-changed", told, place, narrowed=new.unique, widened=old.unique)


def _patterns(old: View, new: View, place: Place) -> Iterator[Difference]:
    if old.patterns == new.patterns or not _both(old, new, "string"):
        return
    come, gone = sorted(new.patterns - old.patterns), sorted(old.patterns - new.patterns)
    told = f"the pattern goes from {' and '.join(gone) or 'none'} to {' and '.join(come) or 'none'}"
    yield Difference("pattern-changed", told, place, narrowed=bool(come), widened=bool(gone))


def _formats(old: View, new: View, place: Place) -> Iterator[Difference]:
    if old.formats == new.formats or not (_both(old, new, "string") or _both(old, new, "integer")):
        return
    come, gone = sorted(new.formats - old.formats), sorted(old.formats - new.formats)
    told = f"the format goes from {' and '.join(gone) or 'none'} to {' and '.join(come) or 'none'}"
    ordered = len(come) == len(gone) == 1
    wider, narrower = ordered and (gone[0], come[0]) in _WIDER, ordered and (come[0], gone[0]) in _WIDER
    narrowed, widened = bool(come) and not wider, bool(gone) and not narrower
    yield Difference("format-changed", told, place, narrowed=narrowed, widened=widened)


def _opaque(old: View, new: View, place: Place) -> Iterator[Difference]:
    """Compare keywords whose effect nobody orders: another one is taken for both narrower and wider."""
    from pymacaron.models.compare import difference

    for word in sorted(old.opaque.keys() | new.opaque.keys()):
        before, after = old.opaque.get(word, ()), new.opaque.get(word, ())
        same = len(before) == len(after) and not any(map(difference, before, after))
        if not same:
            told = f"the '{word}' {'changes' if before and after else 'is added' if after else 'is removed'}"
            yield Difference(f"{word}-changed", told, place, narrowed=bool(after), widened=bool(before))


def _telling(old: View, new: View, place: Place) -> Iterator[Difference]:
    if old.discriminator != new.discriminator and old.discriminator and new.discriminator:
        told = f"the discriminator goes from '{old.discriminator}' to '{new.discriminator}'"
        yield Difference("discriminator-changed", told, place, narrowed=True, widened=True)
    if old.default != new.default:
        told = f"the default goes from {old.default or 'none'} to {new.default or 'none'}"
        yield Difference("default-changed", told, place)
    if "deprecated" in new.flags - old.flags:
        yield Difference("deprecated", "is deprecated now", place)
    yield from _hidden(old, new, place)


def _hidden(old: View, new: View, place: Place) -> Iterator[Difference]:
    """Tell of what may be sent or answered no more, or again; what it does to required ones is told beside them."""
    for word, kind in (("readOnly", "read-only"), ("writeOnly", "write-only")):
        if word in new.flags ^ old.flags:
            now = word in new.flags
            told = f"is {kind} now" if now else f"is no longer {kind}"
            reading = word == "readOnly"
            yield Difference(f"{kind}-changed", told, place, narrowed=now and reading, widened=now and not reading)


def _both(old: View, new: View, kind: str) -> bool:
    """Tell whether values of a type may fit both views."""
    return all(view.types is None or kind in view.types for view in (old, new))
