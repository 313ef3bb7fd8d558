"""Server-side apply and its bookkeeping: who owns which field, what conflicts, what goes when nobody owns it any more.

It follows structured-merge-diff: a manager's last applied set that is no longer in what it applies is removed, unless
somebody else owns it; a field that would change and that another manager owns is a conflict, unless it is forced.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymacaron_testing.emulators.kubernetes.defaults import fill
from pymacaron_testing.emulators.kubernetes.fields import (
    Path,
    Paths,
    from_v1,
    is_merged,
    item_key,
    list_keys,
    paths_of,
    tell,
    to_v1,
    value_at,
)
from pymacaron_testing.emulators.kubernetes.kinds import Kind
from pymacaron_testing.emulators.kubernetes.wire import Cause, Object, Refusal, now

__all__ = ["apply", "note_update"]


@dataclass(frozen=True)
class _Owner:
    """Who owns fields: the identity of an entry of managedFields."""

    manager: str
    operation: str
    subresource: str
    api_version: str


def _owners(one: Object) -> dict[_Owner, tuple[Paths, str]]:
    entries = one["metadata"].get("managedFields") or []
    return {
        _Owner(entry["manager"], entry["operation"], entry.get("subresource", ""), entry["apiVersion"]): (
            from_v1(entry["fieldsV1"]),
            entry["time"],
        )
        for entry in entries
    }


def _write(one: Object, owners: Mapping[_Owner, tuple[Paths, str]]) -> None:
    entries = []
    for owner, (paths, time) in sorted(owners.items(), key=lambda item: (item[0].operation, item[1][1])):
        if paths:
            entry: Object = {"manager": owner.manager, "operation": owner.operation, "apiVersion": owner.api_version}
            entry |= {"time": time, "fieldsType": "FieldsV1", "fieldsV1": to_v1(paths)}
            entries.append(entry | ({"subresource": owner.subresource} if owner.subresource else {}))
    one["metadata"]["managedFields"] = entries


def apply(kind: Kind, live: Object | None, applied: Object, manager: str, force: bool, subresource: str = "") -> Object:
    """Return an object after somebody applied a configuration to it; raises Refusal for conflicts."""
    owner = _Owner(manager, "Apply", subresource, kind.api_version)
    wanted = paths_of(kind, applied)
    before = copy.deepcopy(live) if live is not None else _empty(applied)
    owners = _owners(before)
    merged: Object = _merge(kind, (), before, applied)
    filled = copy.deepcopy(merged)
    if live is not None:
        fill(filled)  # what the server fills in is no change of what was applied
    taken = _taken(kind, before, filled, wanted, owner, owners)
    if taken and not force:
        raise _conflicts(kind, applied["metadata"]["name"], taken)
    others = {one: (paths - taken.get(one, frozenset()), time) for one, (paths, time) in owners.items() if one != owner}
    last, time = owners.get(owner, (frozenset(), now()))
    kept = frozenset().union(*(paths for paths, _ in others.values())) | wanted
    _remove(kind, merged, last - wanted, kept)
    _write(merged, others | {owner: (wanted, time if last == wanted and filled == before else now())})
    return merged


def _empty(applied: Object) -> Object:
    names = ("name", "namespace")
    metadata = {name: applied["metadata"][name] for name in names if name in applied["metadata"]}
    return {"apiVersion": applied["apiVersion"], "kind": applied["kind"], "metadata": metadata}


def _taken(
    kind: Kind, before: Object, merged: Object, wanted: Paths, owner: _Owner, owners: Mapping[_Owner, tuple[Paths, str]]
) -> dict[_Owner, Paths]:
    """Return the fields of others that would change."""
    changed = {path for path in wanted if value_at(kind, before, path) != value_at(kind, merged, path)}
    taken = {one: frozenset(paths & changed) for one, (paths, _) in owners.items() if one != owner}
    return {one: paths for one, paths in taken.items() if paths}


def _conflicts(kind: Kind, name: str, taken: Mapping[_Owner, Paths]) -> Refusal:
    causes = [Cause(tell(path), _clash(one), "FieldManagerConflict") for one in taken for path in sorted(taken[one])]
    count = f"{len(causes)} conflict" + "s" * (len(causes) > 1)
    if len(causes) == 1:
        told = f"{causes[0].message}: {causes[0].field}"
    else:
        told = "\n".join(
            [line for one in taken for line in (f"{_clash(one)}:", *(f"- {tell(path)}" for path in sorted(taken[one])))]
        )
        told = f"conflicts {told[len('conflict ') :]}" if len(taken) == 1 else told
    details = {"causes": [{"reason": one.reason, "message": one.message, "field": one.field} for one in causes]}
    return Refusal(409, "Conflict", f"Apply failed with {count}: {told}", details)


def _clash(one: _Owner) -> str:
    below = f' with subresource "{one.subresource}"' if one.subresource else ""
    return f'conflict with "{one.manager}"{below} using {one.api_version}'


def _merge(kind: Kind, path: Path, live: Any, applied: Any) -> Any:
    if is_merged(path, applied) and isinstance(live, Mapping):
        merged = dict(live)
        for name, value in applied.items():
            below = (*path, f"f:{name}")
            merged[name] = _merge(kind, below, live[name], value) if name in live else copy.deepcopy(value)
        return merged
    if isinstance(applied, list) and isinstance(live, list) and (keys := list_keys(kind, path)) is not None:
        return _merge_items(kind, path, keys, live, applied)
    return copy.deepcopy(applied)


def _merge_items(kind: Kind, path: Path, keys: tuple[str, ...], live: list[Any], applied: list[Any]) -> list[Any]:
    there = {item_key(keys, item): item for item in live}
    wanted = {item_key(keys, item): item for item in applied}
    merged = [
        _merge(kind, (*path, key), there[key], item) if key in there else copy.deepcopy(item)
        for key, item in wanted.items()
    ]
    return merged + [item for key, item in there.items() if key not in wanted]


def _remove(kind: Kind, one: Object, gone: Iterable[Path], kept: Paths) -> None:
    """Remove fields that nobody owns any more, and what is empty without them."""
    above = {path[:length] for path in kept for length in range(1, len(path) + 1)}
    for path in sorted(gone, key=len):
        if path not in above:
            _cut(kind, one, path, 0)


def _cut(kind: Kind, one: Any, path: Path, at: int) -> None:
    element, last = path[at], at == len(path) - 1
    if element.startswith("f:"):
        name = element[2:]
        if not isinstance(one, dict) or name not in one:
            return
        if not last:
            _cut(kind, one[name], path, at + 1)
        if last or one[name] in ({}, []):
            del one[name]
    elif isinstance(one, list):
        keys = list_keys(kind, path[:at]) or ()
        for number, item in enumerate(one):
            if item_key(keys, item) == element:
                if last:
                    del one[number]
                else:
                    _cut(kind, item, path, at + 1)
                return


def note_update(kind: Kind, before: Object | None, after: Object, manager: str, subresource: str = "") -> None:
    """Write into managedFields who changed what, for all that is no apply."""
    was = paths_of(kind, before) if before is not None else frozenset()
    there = paths_of(kind, after)
    changed = {path for path in there if path not in was or value_at(kind, before, path) != value_at(kind, after, path)}
    owners = _owners(after if before is None else before)
    owner = _Owner(manager, "Update", subresource, kind.api_version)
    kept: dict[_Owner, tuple[Paths, str]] = {}
    for one, (paths, time) in owners.items():
        kept[one] = frozenset((paths & there) - (changed if one != owner else frozenset())), time
    own, time = kept.get(owner, (frozenset(), now()))
    kept[owner] = own | changed, now() if changed else time
    _write(after, kept)
