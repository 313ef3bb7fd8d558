"""The name of an image: <docker_registry>/<docker_repo>/<name>:<version>, with a target's registry for none set."""

from __future__ import annotations

import os
import re

from pymacaron.deploy import Environment
from pymacaron.deploy.emulators import REGISTRY, emulation_folder
from pymacaron.exceptions import DeployError

__all__ = ["destination", "reference", "registry_of", "repository"]

_PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def repository(environment: Environment) -> str:
    """Return the name without a version; raises DeployError where docker allows no such name."""
    config = environment.config
    name = str(config.name).lower()
    if not _PART.fullmatch(name):
        raise DeployError(f"'{config.name}' is no name for an image: end it with a letter or a digit")
    place = config.get("docker_registry") or (environment.registry.place if environment.registry else None)
    return "/".join(filter(None, (place, config.get("docker_repo"), name)))


def reference(environment: Environment, version: str) -> str:
    """Return the whole name; raises DeployError for a version that is no tag."""
    if not _TAG.fullmatch(version):
        raise DeployError(f"'{version}' is no version for an image: use letters, digits, '_', '.' and '-', at most 128")
    return f"{repository(environment)}:{version}"


def destination(environment: Environment) -> str | None:
    """Return the repository that images are pushed to, None where they stay here.

    Docker Hub's own names are not for services: without docker_registry and docker_repo, images go where the target has
    them, or stay. While a cloud is emulated, it is one of the emulated registry, and never one of the real world.
    """
    host, config = registry_of(environment), environment.config
    if not (host or config.get("docker_repo")):
        return None
    if emulation_folder() is None:
        return repository(environment)
    emulated = os.environ.get(REGISTRY)
    return f"{emulated}/{repository(environment).removeprefix(f'{host}/')}" if emulated else None


def registry_of(environment: Environment) -> str | None:
    """Return the host of the registry that images are named after."""
    named: str | None = environment.config.get("docker_registry")
    return named or (environment.registry.place.partition("/")[0] if environment.registry else None)
