"""What a cluster lacks for deploys, and the making of it: the namespace, and all that can be there before a release."""

from __future__ import annotations

from collections.abc import Iterator

from pymacaron.deploy.emulators import emulation_folder
from pymacaron_gcp.kubernetes.client import Cluster
from pymacaron_gcp.kubernetes.policy import deployer_rules, forbidden
from pymacaron_gcp.kubernetes.releasing import Releases
from pymacaron_gcp.kubernetes.secrets import missing_secrets
from pymacaron_gcp.kubernetes.site import Site
from pymacaron_gcp.kubernetes.surroundings import namespace

__all__ = ["made", "missing"]

SETUP = "run 'pym gke setup'"


def missing(site: Site, cluster: Cluster, releases: Releases) -> list[str]:
    """Return a sentence for each thing that is missing; nothing is changed."""
    if told := _unpullable(site):
        return [told]
    if lacking := forbidden(cluster, deployer_rules(site, cluster, releases)):
        told = ", ".join(lacking)
        return [f"the caller may not do this in {cluster.namespace}: {told}; grant what 'pym gke policy' prints"]
    if cluster.find("Namespace", cluster.namespace) is None:
        return [f"there is no namespace {cluster.namespace}: {SETUP}"]
    return [*_unserved(cluster, releases), *missing_secrets(site, cluster), *_uncertified(site, cluster)]


def made(site: Site, cluster: Cluster, releases: Releases) -> Iterator[str]:
    """Make what can be there before a release, and yield a line for each thing that was not."""
    # A namespace that was there may be shared: what it lets in is not ours to say.
    spaces = [] if cluster.find("Namespace", cluster.namespace) else [namespace(cluster.namespace)]
    for manifest in [*spaces, *releases.surroundings()]:
        was_there = cluster.current(manifest) is not None
        cluster.apply(manifest)
        if not was_there:
            yield f"made {manifest['kind']} {manifest['metadata']['name']}"


def _unpullable(site: Site) -> str:
    """Return why no node could pull the image of a release, "" where one can, or where the cluster is on this machine.

    GKE has a registry beside it, and while a cluster is emulated it has what the engine has.
    """
    config = site.environment.config
    if site.is_gke or config.get("docker_registry") or config.get("docker_repo") or emulation_folder():
        return ""
    return (
        "no node of a cluster has an image that stays on this machine: add a line such as 'docker_registry: "
        "registry.example.com'"
    )


def _unserved(cluster: Cluster, releases: Releases) -> Iterator[str]:
    """Yield the kinds of others that the cluster would have to be given first."""
    versions = sorted({one["apiVersion"] for one in releases.surroundings() if "/" in one["apiVersion"]})
    for version in versions:
        if not cluster.serves(version):
            yield f"the cluster knows nothing of {version}: install what brings it, or set kubernetes_ingress"


def _uncertified(site: Site, cluster: Cluster) -> Iterator[str]:
    """Yield the certificates of Google that are not there yet: a deploy could not be proven before they are."""
    if not (site.is_gke and site.settings.kubernetes_ingress == "ingress"):
        return
    for place in (site.places.live, site.places.staging):
        found = cluster.find("ManagedCertificate", place.name)
        status = ((found or {}).get("status") or {}).get("certificateStatus") or "not there"
        if status != "Active" and site.is_secure(place) and not site.settings.kubernetes_tls_secret:
            yield (
                f"the certificate of {site.host(place)} is {status}: {SETUP}, have the name lead to the address that "
                "'pym gke ip' prints, and wait up to an hour"
            )
