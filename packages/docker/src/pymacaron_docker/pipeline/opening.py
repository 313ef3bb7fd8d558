"""The settings of a deploy, and the target that they choose among those of the plugins."""

from __future__ import annotations

from pymacaron.deploy import DeployTarget
from pymacaron.deploy.emulators import emulation_folder
from pymacaron.deploy.targets import LIVE_TIMEOUT
from pymacaron.exceptions import ConfigError
from pymacaron.service import Service
from pymacaron.text import did_you_mean
from pymacaron_docker.pipeline.settings import DeploySettings

__all__ = ["live_seconds", "settings_of", "target_of"]


def settings_of(service: Service) -> DeploySettings:
    """Return the settings of the pipeline."""
    return service.config.section(DeploySettings)


def live_seconds(service: Service) -> int:
    """Return the seconds within which the live URL has to answer a release: `live_timeout`, or what the target needs.

    What is emulated needs no more than any target: nothing there waits for names of DNS.
    """
    chosen = settings_of(service).live_timeout
    needed = target_of(service).live_timeout
    return chosen or (min(needed, LIVE_TIMEOUT) if emulation_folder() else needed)


def target_of(service: Service) -> DeployTarget:
    """Return the target that `deploy_target` names; raises ConfigError where no plugin brings it.

    While the cloud of a target is emulated, no other target is opened, as it would be the real one.
    """
    found = service.hooks.deploy_targets()
    name = settings_of(service).deploy_target
    if name not in found:
        raise ConfigError(
            f"{service.config.config_file.place('deploy_target')}: deploy_target: nobody deploys to '{name}'"
            f"{did_you_mean(name, found)}: install the plugin, or choose among {', '.join(found) or 'none'}"
        )
    if (emulation := emulation_folder()) and emulation.name != name:
        raise ConfigError(
            f"deploy_target is '{name}', but what is emulated here is '{emulation.name}': emulate '{name}'"
        )
    return found[name]
