"""A release: one version of a service, as an image, on its way to an environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pymacaron.config.secrets import NoSecretError, secret_content
from pymacaron.exceptions import DeployError

if TYPE_CHECKING:
    from pymacaron.config import Config
    from pymacaron.deploy.images import Image, ImageContext, ImageStep, Registry

__all__ = ["DeployOutcome", "Environment", "Release"]


@dataclass(frozen=True)
class Environment:
    """Where a service lives: `name` is that of `--env`, "live" without it.

    `root` is the folder whose configuration counts, `roles` what runs beside the web server: the command of each
    background process by its name. `image_steps` gives the lines that plugins add to an image. `tell` takes one line of
    progress; long work calls it at least every few seconds. `registry` is where images go without `docker_registry`,
    as the target has it.
    """

    service: str
    name: str
    root: Path
    config: Config
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image_steps: Callable[[ImageContext], Sequence[ImageStep]] = lambda image: ()
    tell: Callable[[str], None] = lambda line: None
    registry: Registry | None = None

    @property
    def label(self) -> str:
        """Its name among those of other services, which is PYM_ENV where the service runs: "shop-live"."""
        return f"{self.service}-{self.name}"

    def secrets(self) -> dict[str, str]:
        """Return the content of each name in `env_secrets`, as this process has it; raises DeployError for none."""
        try:
            return {name: secret_content(name, os.environ) for name in self.config.get("env_secrets") or ()}
        except NoSecretError as error:
            raise DeployError(f"{self.label} needs {error}") from None


@dataclass(frozen=True)
class Release:
    """A version of a service in an environment.

    `id` is what /version answers as `release`: the version, or the version with ".2", ".3" ... where the environment
    had that version before. Only letters, digits, "-" and "." stand in it; it has at most 63 characters.
    """

    id: str
    version: str
    commit: str
    image: Image
    environment: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of every process of this release."""
        return {"PYM_ENV": self.environment, "PYM_RELEASE": self.id, "PYM_VERSION": self.version}


@dataclass(frozen=True)
class DeployOutcome:
    """How a deploy ended: what is live by then, the step at which it stopped, and why."""

    status: Literal["live", "rolled back", "failed"]
    live: str | None
    step: str = ""
    reason: str = ""
