"""The environment of a service, as builders and targets are given it, and the builder that it wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from pymacaron.deploy import Environment
from pymacaron.exceptions import ConfigError
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from pymacaron.deploy import ImageBuilder, ImageBuilding, Registry
    from pymacaron.service import Service

__all__ = ["builder_of", "environment_of", "open_builder"]


def environment_of(service: Service, tell: Callable[[str], None] = lambda line: None) -> Environment:
    """Return the environment that a service was opened for: that of `--env`, "live" without it."""
    made = Environment(
        service=service.name,
        name=service.env or "live",
        root=service.root,
        config=service.config,
        roles={
            process.name: ("python", *process.arguments)
            for process in service.hooks.background_processes(service.config)
        },
        image_steps=service.hooks.image_steps,
        tell=tell,
    )
    return replace(made, registry=_registry_of(service, made))


def _registry_of(service: Service, environment: Environment) -> Registry | None:
    """Return the registry that the target has for images."""
    target = service.hooks.deploy_targets().get(service.config.deploy_target)
    return target.registry(environment) if target else None


def open_builder(service: Service, environment: Environment) -> ImageBuilding:
    """Open the builder that `image_builder` names; raises ConfigError where there is none of this name."""
    return builder_of(service).open(environment)


def builder_of(service: Service) -> ImageBuilder:
    """Return the builder that `image_builder` names; raises ConfigError where there is none of this name."""
    builders = service.hooks.image_builders()
    name = service.config.image_builder
    if name not in builders:
        raise ConfigError(
            f"image_builder: nobody builds images as '{name}'{did_you_mean(name, builders)}: install the plugin, or "
            f"choose among {', '.join(builders)}"
        )
    return builders[name]
