"""Fields of objects as sets of paths, and as the `fieldsV1` of managedFields writes them.

The elements of a path are those of fieldsV1: "f:<name>" of a field, 'k:{"name":"web"}' of an item of a list by its
keys, "v:<value>" of an item of a set. Which lists and maps are merged and which are owned as a whole is what the
OpenAPI document of Kubernetes says (x-kubernetes-list-type, x-kubernetes-list-map-keys, x-kubernetes-map-type).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pymacaron_testing.emulators.kubernetes.kinds import GATEWAY_GROUP, Kind

__all__ = ["Path", "Paths", "from_v1", "item_key", "list_keys", "paths_of", "tell", "to_v1", "value_at"]

Path = tuple[str, ...]
Paths = frozenset[Path]
SERVED = ("apiVersion", "kind")
# What the server writes is nobody's.
UNOWNED = {
    ("f:metadata", f"f:{name}")
    for name in (
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "managedFields",
        "selfLink",
    )
}
KEYS: Mapping[str, tuple[str, ...]] = {
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "podIPs": ("ip",),
    "secrets": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
CUSTOM_KEYS: Mapping[str, tuple[str, ...]] = {"conditions": ("type",), "ownerReferences": ("uid",)}
SETS = {"finalizers"}
ATOMIC_MAPS = {
    "claimRef",
    "configMapKeyRef",
    "fieldRef",
    "involvedObject",
    "labelSelector",
    "namespaceSelector",
    "nodeSelector",
    "podSelector",
    "preference",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resource",
    "resourceFieldRef",
    "secretKeyRef",
    "selector",
    "targetRef",
}


def list_keys(kind: Kind, path: Path) -> tuple[str, ...] | None:
    """Return the names by which items of a list are told apart, none for a set, None where the list is owned whole."""
    name = path[-1][2:]
    if name in SETS:
        return ()
    if kind.is_custom:
        return ("name",) if (kind.group, name) == (GATEWAY_GROUP, "listeners") else CUSTOM_KEYS.get(name)
    if name == "ports":
        return ("port", "protocol") if kind.kind == "Service" else _container_ports(path)
    if name == "resources" or (name == "volumes" and len(path) < 2):
        return None
    return KEYS.get(name)


def _container_ports(path: Path) -> tuple[str, ...] | None:
    in_container = any(one in ("f:containers", "f:initContainers", "f:ephemeralContainers") for one in path)
    return ("containerPort", "protocol") if in_container else None


def is_merged(path: Path, value: Any) -> bool:
    """Tell whether an object is owned field by field."""
    return isinstance(value, Mapping) and not (path and path[-1][2:] in ATOMIC_MAPS)


def item_key(keys: tuple[str, ...], item: Any) -> str:
    """Return the element of an item of a list or a set."""
    if not keys:
        return f"v:{json.dumps(item)}"
    found = {name: item.get(name, "TCP" if name == "protocol" else None) for name in sorted(keys)}
    return "k:" + json.dumps({name: value for name, value in found.items() if value is not None}, separators=(",", ":"))


def paths_of(kind: Kind, one: Mapping[str, Any]) -> Paths:
    """Return the fields that an object has, without those that the server writes."""
    fields = {name: value for name, value in one.items() if name not in SERVED}
    return frozenset(path for path in _walk(kind, (), fields) if path[:2] not in UNOWNED and path)


def _walk(kind: Kind, path: Path, value: Any) -> Iterator[Path]:
    if is_merged(path, value) and value:
        for name, inner in value.items():
            yield from _walk(kind, (*path, f"f:{name}"), inner)
    elif isinstance(value, list) and value and (keys := list_keys(kind, path)) is not None:
        for item in value:
            below = (*path, item_key(keys, item))
            yield below
            if keys:
                yield from _walk(kind, below, item)
    else:
        yield path


def to_v1(paths: Iterable[Path]) -> dict[str, Any]:
    """Return a set of paths as fieldsV1."""
    tree: dict[str, Any] = {}
    members = set(paths)
    for path in sorted(members):
        branch = tree
        for number, element in enumerate(path, 1):
            branch = branch.setdefault(element, {})
            if path[:number] in members and number < len(path):
                branch.setdefault(".", {})
    return tree


def from_v1(tree: Mapping[str, Any], path: Path = ()) -> Paths:
    """Read fieldsV1."""
    found: set[Path] = set()
    for element, below in tree.items():
        if element == ".":
            found.add(path)
        elif below:
            found |= from_v1(below, (*path, element))
        else:
            found.add((*path, element))
    return frozenset(found)


def value_at(kind: Kind, one: Any, path: Path) -> Any:
    """Return what is at a path of an object, or nothing; of an item of a list, whether it is there."""
    for number, element in enumerate(path):
        if element.startswith("f:"):
            one = one.get(element[2:]) if isinstance(one, Mapping) else None
        else:
            keys = list_keys(kind, path[:number]) or ()
            one = next((item for item in one or [] if item_key(keys, item) == element), None)
        if one is None:
            return None
    return True if path and path[-1].startswith("k:") else one


def tell(path: Path) -> str:
    """Return a path as messages write it: .spec.containers[name="web"].image."""
    text = ""
    for element in path:
        if element.startswith("f:"):
            text += "." + element[2:]
        elif element.startswith("v:"):
            text += f"[={element[2:]}]"
        else:
            pairs = json.loads(element[2:]).items()
            text += "[" + ",".join(f"{name}={json.dumps(value)}" for name, value in pairs) + "]"
    return text
