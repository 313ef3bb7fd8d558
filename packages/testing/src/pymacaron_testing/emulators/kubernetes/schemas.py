"""The JSON schemas of Kubernetes' own kinds, from the package kubernetes-validate where it is installed."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

from pymacaron_testing.emulators.kubernetes.kinds import Kind
from pymacaron_testing.emulators.kubernetes.wire import Cause, Object

__all__ = ["is_installed", "newest", "problems"]


@cache
def is_installed() -> bool:
    """Tell whether there are schemas."""
    try:
        import kubernetes_validate  # type: ignore[import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        return False
    return True


@cache
def newest() -> str:
    """Return the newest version of Kubernetes whose schemas are there, such as "1.37"; a guess where none are."""
    if not is_installed():
        return "1.37"
    import kubernetes_validate

    return ".".join(kubernetes_validate.latest_version().split(".")[:2])


def problems(kind: Kind, one: Object, version: str) -> list[Cause]:
    """Return what the schema of a kind says against an object, unknown fields among it."""
    if kind.is_custom or not is_installed():
        return []
    validator = _validator(kind, version)
    return [] if validator is None else [_cause(error) for error in validator.iter_errors(one)][:10]


def _cause(error: Any) -> Cause:
    path = ".".join(str(part) for part in error.instance_path)
    if error.message.startswith("Additional properties"):
        return Cause(path, f"unknown field: {error.message}", "FieldValueNotSupported")
    return Cause(path, f"Invalid value: {error.message}")


@cache
def _validator(kind: Kind, version: str) -> Any:
    import jsonschema_rs

    group = f"{kind.group.partition('.')[0]}-" if kind.group else ""
    name = f"{kind.kind.lower()}-{group}{kind.version}.json"
    folder = resources.files("kubernetes_validate") / "kubernetes-json-schema" / f"v{version}.0-local-strict"
    if not folder.joinpath(name).is_file():
        return None
    definitions = json.loads(folder.joinpath("_definitions.json").read_text())
    schema = json.loads(folder.joinpath(name).read_text())
    registry = jsonschema_rs.Registry([(definitions["$id"], definitions)])
    return jsonschema_rs.Draft202012Validator(schema, registry=registry)
