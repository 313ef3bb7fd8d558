"""What releases, worker pools and jobs are made of, as Cloud Run takes it: computed from settings and a release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pymacaron.deploy import Release
from pymacaron_gcp.settings import GcpSettings

__all__ = ["ANNOTATION", "Roles", "Secrets", "content", "facts", "job", "pool", "revision", "roles_of"]

ANNOTATION = "pymacaron/"
ROLES = f"{ANNOTATION}roles"
PORT = 8080
RUN_SECONDS = 3600

Secrets = Mapping[str, tuple[str, str]]
"""The name and the version of a secret, by the variable that it becomes."""
Roles = Mapping[str, tuple[str, ...]]
"""The commands of background processes by their roles."""
Template = dict[str, Any]


def revision(settings: GcpSettings, release: Release, secrets: Secrets, roles: Roles) -> Template:
    """Return the template of the revision of a release, without its name; it tells of the background processes."""
    probes = {"startup_probe": _probe("/ready", 1, 240), "liveness_probe": _probe("/ping", 10, 3)}
    resources = {"limits": _limits(settings), "cpu_idle": True, "startup_cpu_boost": True}
    container = {**_container(release, secrets), "resources": resources, **probes}
    return {
        "annotations": {**facts(release), ROLES: json.dumps(dict(roles))},
        "scaling": {"max_instance_count": settings.gcp_max_instances},
        "max_instance_request_concurrency": settings.gcp_request_concurrency,
        "timeout": {"seconds": settings.gcp_timeout},
        "containers": [{**container, "ports": [{"name": "http1", "container_port": PORT}]}],
        **_surroundings(settings),
    }


def roles_of(revision: Any) -> Roles:
    """Return the background processes that the release of a revision (a message) has."""
    found: dict[str, list[str]] = json.loads(revision.annotations.get(ROLES, "{}"))
    return {role: tuple(command) for role, command in found.items()}


def pool(settings: GcpSettings, source: Any, command: tuple[str, ...]) -> Template:
    """Return the template of a worker pool that runs a command in the image of a revision (a message)."""
    return {"annotations": dict(source.annotations), **_task(settings, source.containers[0], command)}


def job(settings: GcpSettings, release: Release, secrets: Secrets, command: tuple[str, ...]) -> Template:
    """Return a job that runs a command of a release once."""
    container = {**_container(release, secrets), "resources": {"limits": _limits(settings)}, "command": list(command)}
    task = {"containers": [container], "max_retries": 0, "timeout": {"seconds": RUN_SECONDS}, **_surroundings(settings)}
    return {"annotations": facts(release), "template": {"task_count": 1, "template": task}}


def facts(release: Release) -> dict[str, str]:
    """Return what is written on everything that belongs to a release."""
    found = {"release": release.id, "version": release.version, "commit": release.commit, "image": _image(release)}
    return {ANNOTATION + key: value for key, value in found.items()}


def content(template: Template) -> str:
    """Return a template as text, the same for the same content."""
    return json.dumps(template, sort_keys=True)


def _task(settings: GcpSettings, container: Any, command: tuple[str, ...]) -> Template:
    limits = {"resources": {"limits": _limits(settings)}}
    return {
        "containers": [{"image": container.image, "env": list(container.env), "command": list(command), **limits}],
        **_surroundings(settings),
    }


def _container(release: Release, secrets: Secrets) -> Template:
    plain = [{"name": name, "value": value} for name, value in sorted(release.variables.items())]
    kept = [
        {"name": name, "value_source": {"secret_key_ref": {"secret": secret, "version": version}}}
        for name, (secret, version) in sorted(secrets.items())
    ]
    return {"image": _image(release), "env": plain + kept}


def _image(release: Release) -> str:
    return release.image.digest or release.image.reference


def _limits(settings: GcpSettings) -> dict[str, str]:
    return {"cpu": settings.gcp_cpu, "memory": settings.gcp_memory}


def _probe(path: str, period: int, failures: int) -> Template:
    timing = {"period_seconds": period, "timeout_seconds": min(period, 5), "failure_threshold": failures}
    return {"http_get": {"path": path, "port": PORT}, **timing}


def _surroundings(settings: GcpSettings) -> Template:
    account = {"service_account": settings.gcp_service_account} if settings.gcp_service_account else {}
    if not settings.gcp_vpc:
        return account
    network, _, subnetwork = settings.gcp_vpc.partition("/")
    interface = {"network": network, **({"subnetwork": subnetwork} if subnetwork else {})}
    return {**account, "vpc_access": {"network_interfaces": [interface], "egress": "PRIVATE_RANGES_ONLY"}}
