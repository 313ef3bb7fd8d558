"""The manifests of a service itself, in its folder k8s: those of our things are merged over ours, others are added."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import Object

__all__ = ["Extra", "read_extra"]

FOLDER = "k8s"


class Extra:
    """The manifests of a service, by kind and name."""

    def __init__(self, manifests: dict[tuple[str, str], Object]) -> None:
        self._manifests = manifests

    def over(self, ours: Object) -> Object:
        """Return a manifest of ours with that of the service merged over it."""
        theirs = self._manifests.get((ours["kind"], ours["metadata"]["name"]))
        return cast("Object", _merged(ours, theirs)) if theirs else ours

    def others(self, ours: list[Object], labels: dict[str, str]) -> list[Object]:
        """Return the manifests of things that are none of ours, with these labels added."""
        known = {(one["kind"], one["metadata"]["name"]) for one in ours}
        return [_labelled(one, labels) for key, one in self._manifests.items() if key not in known]


def read_extra(root: Path) -> Extra:
    """Read k8s/*.yaml of a service; raises DeployError for what is no manifest."""
    found: dict[tuple[str, str], Object] = {}
    for path in sorted((root / FOLDER).glob("*.y*ml")):
        for manifest in _read(path):
            key = (manifest["kind"], manifest["metadata"]["name"])
            if key in found:
                raise DeployError(f"{FOLDER}/{path.name} has {' '.join(key)}, which is there already: write it once")
            found[key] = manifest
    return Extra(found)


def _read(path: Path) -> list[Object]:
    import yaml

    place = f"{FOLDER}/{path.name}"
    try:
        documents = [one for one in yaml.safe_load_all(path.read_text(encoding="utf-8")) if one is not None]
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        text = " ".join(str(error).split())[:200]
        raise DeployError(f"{place} is no YAML: {text}") from None
    for one in documents:
        if not _is_manifest(one):
            raise DeployError(f"{place} holds what is no manifest: give it apiVersion, kind and metadata.name")
    return documents


def _is_manifest(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("metadata"), dict):
        return False
    return all(
        isinstance(text, str) and text for text in (one.get("apiVersion"), one.get("kind"), one["metadata"].get("name"))
    )


def _labelled(one: Object, labels: dict[str, str]) -> Object:
    metadata = one["metadata"]
    return {**one, "metadata": {**metadata, "labels": {**(metadata.get("labels") or {}), **labels}}}


def _merged(ours: Any, theirs: Any) -> Any:
    """Merge mappings by key and lists of named things by name; null takes a key away, all else takes the place."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        merged = {**ours, **{key: _merged(ours.get(key), value) for key, value in theirs.items()}}
        return {key: value for key, value in merged.items() if value is not None}
    if _are_named(ours) and _are_named(theirs):
        by_name = {one["name"]: one for one in ours}
        return list({**by_name, **{one["name"]: _merged(by_name.get(one["name"]), one) for one in theirs}}.values())
    return theirs


def _are_named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "name" in one for one in value)
