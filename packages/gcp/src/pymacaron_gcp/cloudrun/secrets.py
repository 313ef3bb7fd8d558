"""The secrets of a service in Secret Manager: looked up by name, pinned to a version, never read."""

from __future__ import annotations

from pymacaron.deploy import Environment
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp, GcpError
from pymacaron_gcp.cloudrun.names import short
from pymacaron_gcp.settings import GcpSettings

__all__ = ["missing_secrets", "pinned_secrets", "secret_of"]


def pinned_secrets(gcp: Gcp, settings: GcpSettings, environment: Environment) -> dict[str, tuple[str, str]]:
    """Return the name and version of each secret by its variable; raises DeployError for one that does not exist."""
    return {name: _pinned(gcp, name, *secret_of(settings, environment, name)) for name in _names(environment)}


def missing_secrets(gcp: Gcp, settings: GcpSettings, environment: Environment) -> list[str]:
    """Return a sentence for each secret that cannot be found."""
    missing = []
    for name in _names(environment):
        try:
            _pinned(gcp, name, *secret_of(settings, environment, name))
        except DeployError as error:
            missing.append(str(error))
    return missing


def secret_of(settings: GcpSettings, environment: Environment, variable: str) -> tuple[str, str]:
    """Return the name and the version, or "latest", of the secret that a variable is to hold."""
    name, _, version = settings.gcp_secrets.get(variable, f"{environment.label}-{variable}").partition(":")
    return name, version or "latest"


def _names(environment: Environment) -> list[str]:
    return list(environment.config.get("env_secrets") or ())


def _pinned(gcp: Gcp, variable: str, name: str, version: str) -> tuple[str, str]:
    full = name if "/" in name else f"projects/{gcp.project}/secrets/{name}"
    try:
        found = gcp.call("secretmanager", "get_version", secret=full, version=version)
    except GcpError as error:
        if not error.is_missing:
            raise
        raise DeployError(
            f"{variable} wants version {version} of the secret {name}, which Secret Manager does not have: store it "
            "there, or name another one in gcp_secrets"
        ) from error
    if found.get("state") != "ENABLED":
        raise DeployError(f"{variable} wants the secret {name}, whose version {version} is disabled: enable it")
    return name, short(found["name"])
