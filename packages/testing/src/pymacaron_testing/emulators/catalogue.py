"""The emulators that come with pymacaron-testing, each by the name of its deploy target."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pymacaron.config.secrets import NoSecretError, secret_content
from pymacaron.deploy import Emulation, Emulator
from pymacaron.exceptions import StartError

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron_testing.emulators.kubernetes import Kubernetes

__all__ = ["emulators"]


def emulators() -> list[Emulator]:
    """Return the emulators."""
    return [
        Emulator("aws-beanstalk", _aws_beanstalk, (("aws", "setup", "--yes"), ("aws", "login"))),
        Emulator("gcp-cloud-run", _gcp_cloud_run, (("gcp", "setup", "--yes"),)),
        Emulator("gke", _gke, (("gcp", "setup", "--yes"), ("gke", "setup", "--yes"))),
        Emulator("kubernetes", _kubernetes, (("gke", "setup", "--yes"),)),
    ]


@contextmanager
def _aws_beanstalk(emulation: Emulation) -> Iterator[Mapping[str, str]]:
    with _extra("aws"):
        import boto3  # noqa: F401 - both are asked for before anything is started
        import moto.server  # noqa: F401

        from pymacaron_testing.emulators.aws import aws_emulators
    config = emulation.service.config
    profiles = [config.get("aws_user")] if config.get("aws_user") else []
    only_ecr = ".dkr.ecr." in str(config.get("docker_registry"))
    delay, patience = emulation.delay, emulation.patience
    with aws_emulators(profiles, delay=delay, patience=patience, only_ecr=only_ecr) as running:
        yield running.environment


@contextmanager
def _gcp_cloud_run(emulation: Emulation) -> Iterator[Mapping[str, str]]:
    with _extra("gcp"):
        from pymacaron_testing.emulators.gcp import gcp_emulators, secrets_of
    secrets = secrets_of(emulation.service, _secrets(emulation.service))
    with gcp_emulators(*_place(emulation.service), delay=emulation.delay, patience=emulation.patience) as running:
        running.cloud.project.secrets |= secrets
        yield running.environment


@contextmanager
def _gke(emulation: Emulation) -> Iterator[Mapping[str, str]]:
    with _extra("gcp"):
        from pymacaron_testing.emulators.clusters import gke_emulators
    secrets = _secrets(emulation.service)
    with gke_emulators(*_place(emulation.service)) as running:
        _add_secrets(running.cluster, emulation.service, secrets)
        yield running.environment


@contextmanager
def _kubernetes(emulation: Emulation) -> Iterator[Mapping[str, str]]:
    from pymacaron_testing.emulators.kubernetes import Kubernetes

    secrets = _secrets(emulation.service)
    with Kubernetes(gke=False) as cluster, cluster.apply():
        _add_secrets(cluster, emulation.service, secrets)
        yield cluster.environment


def _place(service: Service) -> tuple[str, str]:
    """Return the project and the region of a service, or such as need no account."""
    config = service.config
    region = config.get("gcp_region") or re.sub(r"-[a-z]$", "", config.get("gke_location") or "europe-west1")
    return config.get("gcp_project") or "rehearsal", region


def _secrets(service: Service) -> dict[str, str]:
    """Return the content of each name in `env_secrets` that this process has."""
    found = {}
    for variable in service.config.get("env_secrets") or ():
        with suppress(NoSecretError):
            found[variable] = secret_content(variable, os.environ)
    return found


def _add_secrets(cluster: Kubernetes, service: Service, secrets: Mapping[str, str]) -> None:
    """Have a cluster hold the secrets of a service, where its settings look for them."""
    config = service.config
    found: dict[str, dict[str, str]] = {}
    for variable, value in secrets.items():
        named = (config.get("kubernetes_secrets") or {}).get(variable, f"{service.name}-{service.env or 'live'}")
        name, _, key = named.partition("/")
        found.setdefault(name, {})[key or variable] = value
    for name, values in found.items():
        cluster.add_secret(config.get("kubernetes_namespace") or service.name, name, values)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StartError(f"{error.name} is missing: pip install 'pymacaron-testing[{name}]'") from error
