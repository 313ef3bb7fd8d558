"""Artifact Registry, which takes images in the name of who deploys, by an access token that is good for an hour."""

from __future__ import annotations

import os
import subprocess

from pymacaron.deploy import Environment, Registry
from pymacaron.deploy.emulators import REGISTRY
from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp
from pymacaron_gcp.settings import gcp_settings

__all__ = ["artifact_registry", "log_in"]

USER = "oauth2accesstoken"


def artifact_registry(environment: Environment) -> Registry:
    """Return the repository of `gcp_repository`; raises ConfigError where a setting is missing."""
    settings = gcp_settings(environment.config)
    gcp = Gcp(str(settings.gcp_project), str(settings.gcp_region), settings.gcp_key_file)
    # A project of a domain, "example.com:shops", is a folder of one there.
    place = f"{_host(gcp.region)}/{gcp.project.replace(':', '/')}/{settings.gcp_repository}"
    return Registry(place, lambda: (USER, gcp.token()))


def log_in(gcp: Gcp) -> str:
    """Log docker in, and return a sentence that names the registry; the token goes through its standard input."""
    registry = os.environ.get(REGISTRY) or _host(gcp.region)
    command = ["docker", "login", "--username", USER, "--password-stdin", registry]
    try:
        done = subprocess.run(command, input=gcp.token(), text=True, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeployError(f"docker cannot be run to log in to {registry}: install it, then try again") from error
    if done.returncode:
        raise DeployError(f"docker did not log in to {registry}: {done.stderr.strip()}")
    return f"docker is logged in to {registry}"


def _host(region: str) -> str:
    return f"{region}-docker.pkg.dev"
