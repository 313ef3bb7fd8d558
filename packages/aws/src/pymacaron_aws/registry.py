"""The registry of an account (ECR), which docker logs in to with a password that AWS makes for twelve hours."""

from __future__ import annotations

import base64
import subprocess

from pymacaron.exceptions import DeployError
from pymacaron_aws.client import Aws

__all__ = ["log_in"]


def log_in(aws: Aws) -> str:
    """Log docker in, and return a sentence that names the registry; the password goes through its standard input."""
    (given,) = aws.call("ecr", "get_authorization_token")["authorizationData"][:1]
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    registry = str(given["proxyEndpoint"])
    command = ["docker", "login", "--username", user, "--password-stdin", registry]
    try:
        done = subprocess.run(command, input=password, text=True, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeployError(f"docker cannot be run to log in to {registry}: install it, then try again") from error
    if done.returncode:
        raise DeployError(f"docker did not log in to {registry}: {done.stderr.strip()}")
    return f"docker is logged in to {registry}"
