"""The emulators that come with pymacaron-testing, each by the name of its deploy target."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pymacaron.deploy import Emulation, Emulator
from pymacaron.exceptions import StartError

__all__ = ["emulators"]


def emulators() -> list[Emulator]:
    """Return the emulators."""
    return [
        Emulator("aws-beanstalk", _aws_beanstalk, (("aws", "setup", "--yes"), ("aws", "login"))),
        Emulator("gcp-cloud-run", _gcp_cloud_run, (("gcp", "setup", "--yes"),)),
    ]


@contextmanager
def _aws_beanstalk(emulation: Emulation) -> Iterator[Mapping[str, str]]:
    with _extra("aws"):
        import boto3  # noqa: F401 - both are asked for before anything is started
        import moto.server  # noqa: F401

        from pymacaron_testing.emulators.aws import aws_emulators
    config = emulation.service.config
    profiles = [config.get("aws_user")] if config.get("aws_user") else []
    only_ecr = ".dkr.ecr." in str(config.get("docker_registry"))
    delay, patience = emulation.delay, emulation.patience
    with aws_emulators(profiles, delay=delay, patience=patience, only_ecr=only_ecr) as running:
        yield running.environment


@contextmanager
def _gcp_cloud_run(emulation: Emulation) -> Iterator[Mapping[str, str]]:
    with _extra("gcp"):
        from pymacaron_testing.emulators.gcp import gcp_emulators, secrets_of
    config = emulation.service.config
    place = {"project": config.get("gcp_project"), "region": config.get("gcp_region")}
    given = {name: value for name, value in place.items() if value}
    with gcp_emulators(**given, delay=emulation.delay, patience=emulation.patience) as running:
        running.cloud.project.secrets |= secrets_of(emulation.service)
        yield running.environment


@contextmanager
def _extra(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise StartError(f"{error.name} is missing: pip install 'pymacaron-testing[{name}]'") from error
