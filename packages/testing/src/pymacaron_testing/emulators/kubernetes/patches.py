"""Patches of the older kinds: JSON merge patch (RFC 7386), JSON patch (RFC 6902) and strategic merge patch."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from pymacaron_testing.emulators.kubernetes.fields import Path, item_key, list_keys
from pymacaron_testing.emulators.kubernetes.kinds import Kind
from pymacaron_testing.emulators.kubernetes.wire import Object, Refusal, bad_request

__all__ = ["patched"]


def patched(kind: Kind, live: Object, patch: Any, content_type: str) -> Object:
    """Return an object after a patch; raises Refusal for one that cannot be read."""
    if content_type == "application/json-patch+json" and isinstance(patch, list):
        return _json_patched(live, patch)
    if not isinstance(patch, Mapping):
        raise bad_request("the patch is no object")
    if content_type == "application/merge-patch+json":
        return dict(_merged(live, patch))
    if content_type == "application/strategic-merge-patch+json" and not kind.is_custom:
        return dict(_strategic(kind, (), live, patch))
    raise Refusal(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include: "
        "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml",
    )


def _merged(live: Any, patch: Any) -> Any:
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    result = dict(live) if isinstance(live, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value)
    return result


def _strategic(kind: Kind, path: Path, live: Any, patch: Any) -> Any:
    if isinstance(patch, Mapping):
        if patch.get("$patch") == "replace":
            return {name: copy.deepcopy(value) for name, value in patch.items() if name != "$patch"}
        result = dict(live) if isinstance(live, Mapping) else {}
        for name, value in patch.items():
            if value is None:
                result.pop(name, None)
            elif not name.startswith("$"):
                result[name] = _strategic(kind, (*path, f"f:{name}"), result.get(name), value)
        return result
    if isinstance(patch, list) and isinstance(live, list) and (keys := list_keys(kind, path)):
        return _strategic_items(kind, path, keys, live, patch)
    return copy.deepcopy(patch)


def _strategic_items(kind: Kind, path: Path, keys: tuple[str, ...], live: list[Any], patch: list[Any]) -> list[Any]:
    # A strategic merge patch names items by the first key alone ("patchMergeKey").
    first = keys[:1]
    items = {item_key(first, item): item for item in live}
    for item in patch:
        key = item_key(first, item)
        if item.get("$patch") == "delete":
            items.pop(key, None)
        else:
            items[key] = _strategic(kind, (*path, key), items.get(key), item)
    return list(items.values())


def _json_patched(live: Object, operations: list[Any]) -> Object:
    result = copy.deepcopy(live)
    for operation in operations:
        try:
            _do(result, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise Refusal(422, "Invalid", f"the server rejected our request due to an error in it: {error}") from None
    return result


def _do(document: Any, operation: Mapping[str, Any]) -> None:
    names = [name.replace("~1", "/").replace("~0", "~") for name in operation["path"].split("/")[1:]]
    for name in names[:-1]:
        document = document[int(name)] if isinstance(document, list) else document[name]
    name, verb = names[-1], operation["op"]
    place: Any = name
    if isinstance(document, list):
        place = len(document) if name == "-" else int(name)
    if verb == "test":
        if document[place] != operation["value"]:
            raise ValueError(f"testing value {operation['path']} failed")
    elif verb == "remove":
        del document[place]
    elif verb not in ("add", "replace"):
        raise ValueError(f"operation {verb} is not emulated")
    elif isinstance(document, list) and verb == "add":
        document.insert(place, operation["value"])
    else:
        document[place] = copy.deepcopy(operation["value"])
