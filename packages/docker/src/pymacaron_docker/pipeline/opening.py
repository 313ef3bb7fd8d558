"""The environment of a service, and what its settings choose among the plugins: target, builder, runners."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pymacaron.deploy import DeployTarget, Environment, ImageBuilder
from pymacaron.exceptions import ConfigError
from pymacaron.service import Service
from pymacaron.text import did_you_mean
from pymacaron_docker.pipeline.settings import DeploySettings

__all__ = ["builder_of", "environment_of", "settings_of", "target_of"]

Record = TypeVar("Record")


def settings_of(service: Service) -> DeploySettings:
    """Return the settings of the pipeline."""
    return service.config.section(DeploySettings)


def environment_of(service: Service, tell: Callable[[str], None]) -> Environment:
    """Return where a service lives: that of `--env`, else "live"."""
    return Environment(service.name, service.env or "live", service.root, service.config, tell=tell)


def target_of(service: Service) -> DeployTarget:
    """Return the target that `deploy_target` names; raises ConfigError where no plugin brings it."""
    return _chosen(service, "deploy_target", service.hooks.deploy_targets())


def builder_of(service: Service) -> ImageBuilder:
    """Return the builder that `image_builder` names; raises ConfigError where no plugin brings it."""
    return _chosen(service, "image_builder", service.hooks.image_builders())


def _chosen(service: Service, key: str, found: Mapping[str, Record]) -> Record:
    name = str(service.config.get(key))
    if name not in found:
        known = " or ".join(found) or "none"
        raise ConfigError(
            f"{service.config.config_file.place(key)}: {key} is '{name}', which no plugin brings"
            f"{did_you_mean(name, found)}: install one that does, or choose among those installed ({known})"
        )
    return found[name]
