"""The name of an image: <docker_registry>/<docker_repo>/<name>:<version>."""

from __future__ import annotations

import re

from pymacaron.config import Config
from pymacaron.exceptions import DeployError

__all__ = ["has_registry", "reference", "repository"]

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


def has_registry(config: Config) -> bool:
    """Tell whether the name says where to push; Docker Hub's own names are not for services."""
    return bool(config.get("docker_registry") or config.get("docker_repo"))
