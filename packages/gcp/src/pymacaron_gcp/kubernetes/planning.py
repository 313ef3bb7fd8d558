"""`--plan`: the cluster is asked to apply every manifest as a dry run, and what would differ is told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pymacaron_gcp.kubernetes.client import Cluster, Object

__all__ = ["differences", "planned"]

LINES = 12
# What a server writes, and what says nothing of a change.
WRITTEN = {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"}


def planned(cluster: Cluster, manifests: list[Object]) -> list[str]:
    """Return a line for each object that would be made or changed, and for what would change in it."""
    lines = []
    for manifest in manifests:
        name = f"{manifest['kind']} {manifest['metadata']['name']}"
        before, after = cluster.current(manifest), cluster.apply(manifest, dry_run=True)
        if before is None:
            lines.append(f"{name}: is made")
            continue
        changes = list(differences(before, after, hidden=manifest["kind"] == "Secret"))
        lines += [f"{name}: {change}" for change in changes[:LINES]]
        if len(changes) > LINES:
            lines.append(f"{name}: and {len(changes) - LINES} more changes")
    return lines or ["nothing changes"]


def differences(before: Object, after: Object, hidden: bool = False) -> Iterator[str]:
    """Yield what differs between two states of an object, a line each; values are left out where they are hidden."""
    for path, old, new in _compared("", _shown(before), _shown(after)):
        yield f"{path} changes" if hidden else f"{path}: {_text(old)} -> {_text(new)}"


def _shown(one: Object) -> Object:
    metadata = {key: value for key, value in one["metadata"].items() if key not in WRITTEN}
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {key: text for key, text in annotations.items() if "/revision" not in key}
    return {**{key: value for key, value in one.items() if key != "status"}, "metadata": metadata}


def _compared(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _compared(f"{path}.{key}" if path else key, old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for key, first, second in _paired(old, new):
            yield from _compared(f"{path}[{key}]", first, second)
    elif old != new:
        yield path, old, new


def _paired(old: list[Any], new: list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """Pair the items of two lists by their names, else by their places."""
    sides = [{_key(number, one): one for number, one in enumerate(items)} for items in (old, new)]
    for key in {**sides[0], **sides[1]}:
        yield key, sides[0].get(key), sides[1].get(key)


def _key(number: int, one: Any) -> str:
    return str(one["name"]) if isinstance(one, dict) and "name" in one else str(number)


def _text(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
