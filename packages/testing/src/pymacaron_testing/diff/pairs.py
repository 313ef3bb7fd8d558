"""The documents of two sides that belong together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pymacaron.documents import find_documents
from pymacaron.exceptions import ConfigError, SpecError
from pymacaron.spec.references import References
from pymacaron_testing.diff.change import Change
from pymacaron_testing.diff.comparison import compare
from pymacaron_testing.diff.revisions import Side
from pymacaron_testing.diff.sent import compare_sent

__all__ = ["changes_between"]


def changes_between(old: Side, new: Side, apis: str) -> list[tuple[Side, Change]]:
    """Return the changes of one document, or of all in the folder `apis`, each with the side that its place is on.

    Raises SpecError for a document that is broken, ConfigError where there is none.
    """
    return list(_told(old, new, apis))


def _told(old: Side, new: Side, apis: str) -> Iterator[tuple[Side, Change]]:
    if old.file is not None or new.file is not None:
        yield from _of_files(_with_file(old, new), _with_file(new, old))
        return
    before, after = _documents(old, apis), _documents(new, apis)
    for name, file in before.items():
        if name in after:
            yield from _of_files(replace(old, file=file), replace(new, file=after[name]))
        else:
            yield from _gone(replace(old, file=file), name)


def _with_file(side: Side, other: Side) -> Side:
    """Return a side with the file that the other one names, where it names none itself."""
    if side.file is not None or other.file is None:
        return side
    file = side.root / other.file.relative_to(other.root)
    if not file.is_file():
        raise ConfigError(f"'{side.revision}' has no file '{other.file.relative_to(other.root)}'; name one")
    return replace(side, file=file)


def _of_files(old: Side, new: Side) -> Iterator[tuple[Side, Change]]:
    changes = compare(old.document(str(old.file)), new.document(str(new.file)))
    for change in (*changes, *compare_sent(old.sent(str(old.file)), new.sent(str(new.file)))):
        yield (old if change.place.file.is_relative_to(old.root) and _is_old(change) else new), change


def _is_old(change: Change) -> bool:
    return change.kind in ("operation-removed", "link-removed")


def _documents(side: Side, apis: str) -> dict[str, Path]:
    try:
        return find_documents(side.root / apis, References(side.root))
    except (ConfigError, SpecError) as error:
        raise type(error)(*map(side.told, error.problems)) from None


def _gone(side: Side, name: str) -> Iterator[tuple[Side, Change]]:
    """Tell of a whole document that is gone: each operation with it."""
    for operation in side.document(str(side.file)).operations:
        called = f"{operation.method.upper()} {operation.path}"
        told = f"is removed with the whole API '{name}'"
        yield side, Change(not operation.deprecated, called, "operation-removed", told, operation.place)
