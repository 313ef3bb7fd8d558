"""The registry of an account (ECR), which takes images by a password that AWS makes for twelve hours."""

from __future__ import annotations

import base64
import re
import subprocess

from pymacaron.config import Config
from pymacaron.deploy import Environment, Registry
from pymacaron.exceptions import DeployError
from pymacaron_aws.client import Aws
from pymacaron_aws.settings import aws_settings

__all__ = ["ecr", "ecr_registry", "log_in"]

HOST = r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"


def ecr(config: Config) -> dict[str, str] | None:
    """Return `account` and `region` of `docker_registry`, None where it is none of ECR."""
    found = re.fullmatch(HOST, str(config.get("docker_registry") or ""))
    return found.groupdict() if found else None


def ecr_registry(environment: Environment) -> Registry | None:
    """Return `docker_registry` with a login of its own, None where it is none of ECR; AWS is called at a push alone."""
    config, found = environment.config, ecr(environment.config)
    if found is None:
        return None
    aws = Aws(aws_settings(config).aws_user, found["region"])
    return Registry(f"{config.get('docker_registry')}/{config.get('docker_repo') or ''}", lambda: _password(aws)[:2])


def log_in(aws: Aws) -> str:
    """Log docker in, and return a sentence that names the registry; the password goes through its standard input."""
    user, password, registry = _password(aws)
    command = ["docker", "login", "--username", user, "--password-stdin", registry]
    try:
        done = subprocess.run(command, input=password, text=True, capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeployError(f"docker cannot be run to log in to {registry}: install it, then try again") from error
    if done.returncode:
        raise DeployError(f"docker did not log in to {registry}: {done.stderr.strip()}")
    return f"docker is logged in to {registry}"


def _password(aws: Aws) -> tuple[str, str, str]:
    """Return a user, a password and the URL of the registry that takes them."""
    (given,) = aws.call("ecr", "get_authorization_token")["authorizationData"][:1]
    user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
    return user, password, str(given["proxyEndpoint"])
