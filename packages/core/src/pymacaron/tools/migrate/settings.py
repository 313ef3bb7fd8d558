"""What an old service's pym-config.yaml sets otherwise now: workers, images, clouds, tokens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pymacaron.spec.reader import line_of
from pymacaron.tools.migrate.folder import OldDocument, OldService
from pymacaron.tools.migrate.records import Edit, Finding, Severity

__all__ = ["old_settings"]

SHORTEST_SECRET = 32
"""Bytes of an HMAC key (RFC 7518, section 3.2)."""


def old_settings(service: OldService) -> Iterator[Finding]:
    """Find settings that mean something else, or nothing, or miss another one."""
    for config in service.configs:
        for look in LOOKS:
            yield from look(config)


def _finding(
    config: OldDocument, key: str, rule: str, severity: Severity, sentence: str, step: str, *edits: Edit
) -> Finding:
    return Finding(config.file.path, line_of(config.source, (key,)), rule, severity, sentence, step, edits)


def with_async(config: OldDocument) -> Iterator[Finding]:
    """Find workers that are switched on without a broker, or by a text."""
    value = config.data.get("with_async")
    if isinstance(value, str) and value.lower() in ("true", "yes", "on", "1"):
        line = line_of(config.source, ("with_async",))
        told = "'with_async' is a text, where true or false is wanted"
        edit = config.file.replaced(line, "with_async: true")
        yield _finding(config, "with_async", "with-async", "error", told, "write 'with_async: true'", edit)
    if value and "async_broker" not in config.data:
        told = "tasks wait in a folder here, and a container has no Redis of its own any more"
        step = "set 'async_broker', and list its variable in 'env_secrets', where images are made"
        yield _finding(config, "with_async", "with-async", "warning", told, step)


def images(config: OldDocument) -> Iterator[Finding]:
    """Find settings of images."""
    base = config.data.get("docker_base")
    if isinstance(base, str) and base.startswith("pymacaron/"):
        told = f"'{base}' is an image of PyMacaron 2"
        edit = config.file.replaced(line_of(config.source, ("docker_base",)), None)
        step = "take the line out, or name an image with python3 and CA certificates"
        yield _finding(config, "docker_base", "docker-base", "error", told, step, edit)
    if {"deploy_target", "docker_bucket", "docker_repo"} & config.data.keys() and "docker_wheels" not in config.data:
        key = next(key for key in ("docker_repo", "docker_bucket", "deploy_target") if key in config.data)
        told = "an image takes PyMacaron's own distributions from wheels alone"
        step = "build them, and set 'docker_wheels' to their folder: docs/how-to/build-an-image.md"
        yield _finding(config, key, "docker-wheels", "warning", told, step)


def clouds(config: OldDocument) -> Iterator[Finding]:
    """Find settings of clouds."""
    data = config.data
    target = data.get("deploy_target")
    if target == "gke" and "gke_cluster" not in data:
        told, step = "a cluster is named by settings now", "set 'gcp_project', 'gke_location' and 'gke_cluster'"
        yield _finding(config, "deploy_target", "deploy-target", "error", told, step)
    if target is None and "docker_bucket" in data:
        told = "PyMacaron 1 deployed to Beanstalk where nothing was said, and 'deploy_target' is 'docker' now"
        edit = config.file.appended("deploy_target: aws-beanstalk")
        step = "set 'deploy_target: aws-beanstalk'"
        yield _finding(config, "docker_bucket", "deploy-target", "error", told, step, edit)
    on_aws = target == "aws-beanstalk" or (target is None and "docker_bucket" in data)
    if on_aws and data.get("env_secrets") and "aws_secrets" not in data:
        told = "Beanstalk gets secrets by their ARN alone, never by value"
        step = "run 'pym aws setup', or name the ARN of each in 'aws_secrets'"
        yield _finding(config, "env_secrets", "aws-secrets", "warning", told, step)
    if on_aws and "aws_default_region" in data and "aws_region" not in data:
        told = "the region of a deploy is 'aws_region'"
        edit = config.file.appended(f"aws_region: {data['aws_default_region']}")
        step = "set it too; 'aws_default_region' stays for code of your own"
        yield _finding(config, "aws_default_region", "aws-region", "error", told, step, edit)


def tokens(config: OldDocument) -> Iterator[Finding]:
    """Find keys of tokens that are too short, or that anybody reads who reads the file."""
    secret, variables = config.data.get("jwt_secret"), config.data.get("env_secrets")
    if not isinstance(secret, str) or (isinstance(variables, list) and secret in variables):
        return
    if len(secret.encode()) < SHORTEST_SECRET:
        told = f"the key of tokens has less than {SHORTEST_SECRET} bytes, and is refused"
        step = "make a longer one, and keep it in a variable that 'env_secrets' lists"
        yield _finding(config, "jwt_secret", "jwt-secret", "error", told, step)
    else:
        told = "the key of tokens stands in the file"
        yield _finding(config, "jwt_secret", "jwt-secret", "warning", told, "keep it in a variable of 'env_secrets'")


def hosts(config: OldDocument) -> Iterator[Finding]:
    """Find a live host that is no URL."""
    host = config.data.get("live_host")
    if isinstance(host, str) and "://" not in host:
        told, step = "'live_host' is a URL now", f"write 'https://{host}', and look where your code adds the scheme"
        yield _finding(config, "live_host", "live-host", "warning", told, step)


LOOKS: tuple[Callable[[OldDocument], Iterator[Finding]], ...] = (with_async, images, clouds, tokens, hosts)
