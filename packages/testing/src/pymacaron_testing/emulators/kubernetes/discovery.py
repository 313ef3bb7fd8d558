"""What the server tells about itself: its version, its groups, and the resources of each."""

from __future__ import annotations

from collections.abc import Iterable

from pymacaron_testing.emulators.kubernetes.kinds import VERBS, Kind
from pymacaron_testing.emulators.kubernetes.wire import Object

__all__ = ["discover"]


def discover(path: str, kinds: Iterable[Kind], version: str) -> Object | None:
    """Return what is at a path without an object, or nothing."""
    parts = [part for part in path.split("/") if part]
    known = list(kinds)
    if path in ("/healthz", "/livez", "/readyz"):
        return {"status": "ok"}
    if parts == ["version"]:
        return _version(version)
    if parts == ["api"]:
        return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
    if parts == ["apis"]:
        groups = sorted({one.group for one in known if one.group} | {"authorization.k8s.io"})
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name, known) for name in groups]}
    if parts[:1] == ["apis"] and len(parts) == 2 and any(one.group == parts[1] for one in known):
        return {"kind": "APIGroup", "apiVersion": "v1", **_group(parts[1], known)}
    wanted = "/".join(parts[1:])
    if parts[:1] in (["api"], ["apis"]) and any(one.api_version == wanted for one in known):
        return _resources(wanted, known)
    return None


def _version(version: str) -> Object:
    major, _, minor = version.partition(".")
    told = {"major": major, "minor": minor, "gitVersion": f"v{version}.0", "platform": "linux/amd64"}
    return told | {"gitCommit": "", "gitTreeState": "", "buildDate": "", "goVersion": "", "compiler": "gc"}


def _group(name: str, kinds: list[Kind]) -> Object:
    versions = sorted({one.version for one in kinds if one.group == name}) or ["v1"]
    listed = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": listed, "preferredVersion": listed[0]}


def _resources(api_version: str, kinds: list[Kind]) -> Object:
    resources = []
    for one in kinds:
        if one.api_version == api_version:
            common = {"kind": one.kind, "namespaced": one.is_namespaced, "singularName": one.kind.lower()}
            resources.append({"name": one.plural, **common, "verbs": list(VERBS), "shortNames": list(one.short)})
            for below in one.subresources:
                verbs = {"log": ["get"], "eviction": ["create"]}.get(below, ["get", "patch", "update"])
                resources.append({"name": f"{one.plural}/{below}", **common, "singularName": "", "verbs": verbs})
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": resources}
