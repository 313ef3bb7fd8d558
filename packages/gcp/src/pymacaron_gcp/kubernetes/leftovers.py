"""What settings and files asked for once and do not any more: found by the label of the environment, and removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pymacaron.exceptions import DeployError
from pymacaron_gcp.kubernetes.client import MANAGER, Cluster, KubernetesError, Object
from pymacaron_gcp.kubernetes.kinds import KINDS, LASTING
from pymacaron_gcp.kubernetes.site import PREFIX, Site
from pymacaron_gcp.kubernetes.waiting import release_of

__all__ = ["Leftovers", "entrances"]

KEY = f"{PREFIX}kinds"
"""Annotation of the live Service: the kinds that the folder k8s brought, as JSON, so that they are looked for."""
WRITER = "pymacaron-kinds"
"""A field manager of its own, so that applying the Service leaves the annotation as it is."""

EVERYWHERE = ("Gateway", "HTTPRoute", "Ingress", "PodMonitoring", "Service", "ServiceAccount")
ON_GKE = ("BackendConfig", "FrontendConfig", "HealthCheckPolicy", "ManagedCertificate")

Place = tuple[str, str]
"""apiVersion and kind."""


def entrances(site: Site) -> tuple[str, ...]:
    """Return the kinds that settings ask for or not."""
    return EVERYWHERE + ON_GKE if site.is_gke else EVERYWHERE


class Leftovers:
    """What an environment left in its namespace: it has the label of the environment, and was applied in our name."""

    def __init__(self, site: Site, cluster: Cluster) -> None:
        self._site, self._cluster = site, cluster

    def remember(self, wanted: list[Object]) -> None:
        """Remember the kinds of what is applied, until nothing of them is left."""
        known = self._known()
        self._write(known | self._brought(wanted), known)

    def remove(self, wanted: list[Object], ours: list[Object]) -> list[str]:
        """Remove what is neither wanted nor ours, and return a line for each thing.

        What pods of a release that is kept may name stays as long as it, and what holds data stays for good. Raises
        DeployError for what the caller may not remove.
        """
        names = {(one["kind"], one["metadata"]["name"]) for one in [*wanted, *ours]}
        brought, known, gone = self._brought(wanted), self._known(), list[str]()
        for place in [*sorted(self._settable), *sorted(known | brought)]:
            for name in [name for name in self._found(place) if (place[1], name) not in names]:
                if self._is_needed(place, name):
                    brought |= {place} - self._settable
                else:
                    self._cluster.delete(self._cluster.kind(place[1], place[0]), name)
                    gone.append(f"{place[1]} {name}")
        self._write(brought, known)
        return gone

    @cached_property
    def _settable(self) -> set[Place]:
        return {(KINDS[name].version, name) for name in entrances(self._site)}

    def _brought(self, wanted: list[Object]) -> set[Place]:
        places = {(str(one["apiVersion"]), str(one["kind"])) for one in wanted if one["kind"] not in LASTING}
        return places - self._settable

    def _found(self, place: Place) -> Iterator[str]:
        """Yield the names of what is ours of a kind, the parts of releases aside."""
        for one in self._listed(place):
            metadata = one["metadata"]
            managers = [(by.get("manager"), by.get("operation")) for by in metadata.get("managedFields") or []]
            if (MANAGER, "Apply") in managers and not release_of(one) and not metadata.get("deletionTimestamp"):
                yield str(metadata["name"])

    def _listed(self, place: Place) -> list[Object]:
        version, name = place
        try:
            kind = self._cluster.kind(name, version)
            return self._cluster.list(kind, self._site.labels) if kind.namespaced else []
        except KubernetesError as error:
            if error.is_missing:
                return []
            if error.http_status != 403:
                raise
            ((label, value),) = self._site.labels.items()
            raise DeployError(
                f"the caller may not look for {name} of before: grant list and delete on it, or remove what has the "
                f"label {label}={value} yourself"
            ) from error

    def _is_needed(self, place: Place, name: str) -> bool:
        """Tell whether pods of a release may name a thing, whatever environment in the namespace they are of."""
        if place in self._settable and place[1] != "ServiceAccount":
            return False
        sets = self._cluster.list("ReplicaSet", {"app.kubernetes.io/managed-by": "pymacaron"})
        return name in _texts([one["spec"]["template"]["spec"] for one in sets])

    def _known(self) -> set[Place]:
        service = self._cluster.find("Service", self._site.places.live.name) or {}
        annotations = (service.get("metadata") or {}).get("annotations") or {}
        try:
            return {(str(version), str(name)) for version, name in json.loads(annotations.get(KEY, "[]"))}
        except (ValueError, TypeError):
            raise DeployError(f"the annotation {KEY} is unreadable: remove it") from None

    def _write(self, places: set[Place], known: set[Place]) -> None:
        if places == known:
            return
        annotations = {KEY: json.dumps(sorted(places))} if places else {}
        metadata = {"name": self._site.places.live.name, "annotations": annotations}
        self._cluster.apply({"apiVersion": "v1", "kind": "Service", "metadata": metadata}, WRITER)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
