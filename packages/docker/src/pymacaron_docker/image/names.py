"""The name of an image: <docker_registry>/<docker_repo>/<name>:<version>."""

from __future__ import annotations

import os
import re

from pymacaron.config import Config
from pymacaron.deploy.emulators import REGISTRY, emulation_folder
from pymacaron.exceptions import DeployError

__all__ = ["destination", "reference", "repository"]

_PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


def repository(config: Config) -> str:
    """Return the name without a version; raises DeployError where docker allows no such name."""
    name = str(config.name).lower()
    if not _PART.fullmatch(name):
        raise DeployError(f"'{config.name}' is no name for an image: end it with a letter or a digit")
    return "/".join(filter(None, (config.get("docker_registry"), config.get("docker_repo"), name)))


def reference(config: Config, version: str) -> str:
    """Return the whole name; raises DeployError for a version that is no tag."""
    if not _TAG.fullmatch(version):
        raise DeployError(f"'{version}' is no version for an image: use letters, digits, '_', '.' and '-', at most 128")
    return f"{repository(config)}:{version}"


def destination(config: Config) -> str | None:
    """Return the repository that images are pushed to, None where they stay here.

    Docker Hub's own names are not for services: without docker_registry and docker_repo, images stay. While a cloud is
    emulated, it is one of the emulated registry, and never one of the real world.
    """
    if not (config.get("docker_registry") or config.get("docker_repo")):
        return None
    if emulation_folder() is None:
        return repository(config)
    emulated = os.environ.get(REGISTRY)
    return "/".join(filter(None, (emulated, config.get("docker_repo"), str(config.name).lower()))) if emulated else None
