"""What a release is made of: pods that cannot write, gain rights or lose a request, and their Deployments."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pymacaron.deploy import Release
from pymacaron_gcp.kubernetes.client import Object
from pymacaron_gcp.kubernetes.names import Place
from pymacaron_gcp.kubernetes.secrets import secret_of, variables_of
from pymacaron_gcp.kubernetes.site import PREFIX, Site, image_of

__all__ = ["CONTAINER", "PORT", "command_pod", "staging_web", "web", "worker"]

PORT = 8080
"""Where the web server listens in the container."""

CONTAINER = "service"
"""The name of our container, beside which the service may have others."""
STARTED_SECONDS = 5
"""Seconds that a background process has to run before it counts as started."""


def web(site: Site, release: Release) -> Object:
    """Return the Deployment that the world calls; how many pods it has is the matter of its autoscaler."""
    return _deployment(
        site, site.places.live.name, site.places.live, "web", _web_template(site, site.places.live, release)
    )


def staging_web(site: Site, release: Release, since: datetime | None = None) -> Object:
    """Return the Deployment of one pod in which a release is tested; `since` is when it was staged, now by default."""
    place = site.places.staging
    made = _deployment(site, place.name, place, "web", _web_template(site, place, release))
    made["metadata"]["annotations"] = {f"{PREFIX}since": (since or datetime.now(UTC)).isoformat()}
    made["spec"]["replicas"] = 1
    return made


def worker(site: Site, release: Release, role: str, command: tuple[str, ...]) -> Object:
    """Return the Deployment of a background process."""
    place = site.places.live
    container = {**_container(site, place, release), "args": list(command)}
    template = _template(site, place, role, release, container, site.settings.kubernetes_worker_grace)
    made = _deployment(site, site.places.worker(role), place, role, template)
    made["spec"] |= {"replicas": site.settings.kubernetes_workers, "minReadySeconds": STARTED_SECONDS}
    return made


def command_pod(site: Site, release: Release, name: str, command: tuple[str, ...]) -> Object:
    """Return a pod that runs a command of a release once."""
    place = site.places.live
    template = _template(
        site, place, "command", release, {**_container(site, place, release), "args": list(command)}, 10
    )
    spec = {**template["spec"], "restartPolicy": "Never"}
    del spec["topologySpreadConstraints"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, **template["metadata"]},
        "spec": spec,
    }


def _deployment(site: Site, name: str, place: Place, role: str, template: Object) -> Object:
    keep = int(site.environment.config.get("keep_releases") or 5)
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "labels": site.labels_at(place, role)},
        "spec": {
            "selector": {"matchLabels": site.selector(place, role)},
            # Failed and discarded releases have a ReplicaSet too, and must not drive out one to go back to.
            "revisionHistoryLimit": 2 * keep + 10,
            "progressDeadlineSeconds": site.settings.kubernetes_deploy_timeout,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
            "template": template,
        },
    }


def _web_template(site: Site, place: Place, release: Release) -> Object:
    settings = site.settings
    drain = settings.kubernetes_drain_seconds
    container = {
        **_container(site, place, release),
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "startupProbe": _probe("/ready", 1, settings.kubernetes_start_timeout),
        "readinessProbe": _probe("/ready", 5, 2),
        "livenessProbe": _probe("/ping", 10, 3),
        "lifecycle": {"preStop": {"exec": {"command": ["pym", "drain", "--wait", str(drain)]}}},
    }
    # The core stops within graceful_timeout once the drain is over; what is left is for the start of `pym drain`.
    grace = drain + int(site.environment.config.get("graceful_timeout") or 30) + 10
    return _template(site, place, "web", release, container, grace)


def _template(site: Site, place: Place, role: str, release: Release, container: Object, grace: int) -> Object:
    labels = {**site.labels_at(place, role), f"{PREFIX}release": release.id}
    facts = {"version": release.version, "commit": release.commit, "image": image_of(release)}
    return {
        "metadata": {"labels": labels, "annotations": {PREFIX + key: value for key, value in facts.items()}},
        "spec": {
            "serviceAccountName": site.account,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": grace,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "topologySpreadConstraints": [_spread(site, place, role, key) for key in ("hostname", "zone")],
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }


def _spread(site: Site, place: Place, role: str, key: str) -> Object:
    domain = {"hostname": "kubernetes.io/hostname", "zone": "topology.kubernetes.io/zone"}[key]
    return {
        "maxSkew": 1,
        "topologyKey": domain,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": site.selector(place, role)},
        "matchLabelKeys": ["pod-template-hash"],
    }


def _container(site: Site, place: Place, release: Release) -> Object:
    settings = site.settings
    return {
        "name": CONTAINER,
        "image": image_of(release),
        "env": _variables(site, place, release),
        "resources": {
            "requests": {"cpu": settings.kubernetes_cpu, "memory": settings.kubernetes_memory},
            "limits": {"memory": settings.kubernetes_memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 - the one folder that it may write to
    }


def _variables(site: Site, place: Place, release: Release) -> list[Object]:
    plain = {**release.variables, "PYM_ENV": place.variable}
    found: list[Object] = [{"name": name, "value": value} for name, value in sorted(plain.items())]
    return found + [_secret(name, *secret_of(site, name)) for name in sorted(variables_of(site))]


def _secret(variable: str, name: str, key: str) -> dict[str, Any]:
    return {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}


def _probe(path: str, period: int, failures: int) -> Object:
    timing = {"periodSeconds": period, "timeoutSeconds": min(period, 5), "failureThreshold": failures}
    return {"httpGet": {"path": path, "port": "http"}, **timing}
