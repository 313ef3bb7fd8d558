"""Artifact Registry, which docker logs in to with an access token of the caller, good for an hour."""

from __future__ import annotations

import subprocess

from pymacaron.exceptions import DeployError
from pymacaron_gcp.client import Gcp

__all__ = ["log_in", "registry_of"]

USER = "oauth2accesstoken"


def registry_of(region: str) -> str:
    """Return the host of the registry of a region."""
    return f"{region}-docker.pkg.dev"


def log_in(gcp: Gcp) -> str:
    """Log docker in, and return a sentence that names the registry; the token goes through its standard input."""
    registry = registry_of(gcp.region)
    command = ["docker", "login", "--username", USER, "--password-stdin", f"https://{registry}"]
    try:
        done = subprocess.run(command, input=gcp.token(), text=True, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeployError(f"docker cannot be run to log in to {registry}: install it, then try again") from error
    if done.returncode:
        raise DeployError(f"docker did not log in to {registry}: {done.stderr.strip()}")
    return f"docker is logged in to {registry}"
