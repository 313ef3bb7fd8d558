"""The hooks of pymacaron-aws; what they need is imported when they are asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron import hookimpl
from pymacaron.plugins.records import ConfigSection

if TYPE_CHECKING:
    import click

    from pymacaron.deploy import DeployTarget, Environment, Registry, Target
    from pymacaron.service import Service
    from pymacaron.store import ModelStore, Store

__all__ = ["pym_commands", "pym_config_sections", "pym_deploy_targets", "pym_model_stores"]

# A swap of names reaches callers, whose resolvers keep the old answer for a minute or more, in some minutes.
DNS_SECONDS = 300


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare the keys that begin with `aws_`, and `docker_bucket`."""
    return [ConfigSection("aws", "pymacaron_aws.settings:AwsSettings")]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym aws`."""
    from pymacaron_aws.cli.aws import aws

    return [aws]


@hookimpl
def pym_deploy_targets() -> list[DeployTarget]:
    """Deploy to Elastic Beanstalk."""
    from pymacaron.deploy import DeployTarget

    return [DeployTarget("aws-beanstalk", _open, _registry, DNS_SECONDS)]


@hookimpl
def pym_model_stores() -> list[ModelStore]:
    """Keep models in DynamoDB."""
    from pymacaron.store import ModelStore

    return [ModelStore("dynamodb", _open_dynamodb)]


def _open(environment: Environment) -> Target:
    from pymacaron_aws.beanstalk import BeanstalkTarget

    return BeanstalkTarget(environment)


def _registry(environment: Environment) -> Registry | None:
    from pymacaron_aws.registry import ecr_registry

    return ecr_registry(environment)


def _open_dynamodb(service: Service) -> Store:
    from pymacaron_aws.dynamodb.store import open_store

    return open_store(service)
