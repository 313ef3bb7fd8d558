"""A copy of examples/shop in a git repository, which `pym deploy` brings to an emulated Elastic Beanstalk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import pytest

import dockerkit
import shopkit
from awsimages import left_containers
from base_image import base_image
from cloudkit import Load
from hostkit import CANARY
from pymacaron.deploy.emulators import EMULATION
from pymacaron_docker.target.calls import HostEngine
from pymacaron_testing.emulators.aws import AwsEmulators, aws_emulators
from pymacaron_testing.emulators.beanstalk import DockerMachines

TARGET = "aws-beanstalk"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@dataclass
class Shop(shopkit.Shop):
    """The repository, the emulators, and what commands run with."""

    aws: AwsEmulators = None  # type: ignore[assignment]

    @property
    def url(self) -> str:
        """The live address."""
        return f"http://{self.aws.beanstalk.state.address('shop-live')}"

    def load(self) -> Load:
        """Call the live address, again and again."""
        return Load(self.url, threads=2, pause=0.01)

    def environments(self) -> dict[str, str]:
        """Return the version and health of each environment that exists."""
        return {one.version: one.health for one in self.aws.beanstalk.state.environments if one.exists}


@contextmanager
def shop(factory: pytest.TempPathFactory, *, enforce_policies: bool = False) -> Iterator[Shop]:
    """Give a shop that was never deployed, in an account that was set up; nothing of it is left on the engine."""
    shared, folder = dockerkit.shared(factory), factory.mktemp("shop")
    label = f"pipeline-{uuid4().hex[:8]}"
    with dockerkit.engine(shared), dockerkit.alone(shared, "base"):
        engine = HostEngine()
        dockerkit.needs("docker", "docker.io")
        dockerkit.needs("debootstrap", "debootstrap")
        base = base_image(engine)
        wheels = dockerkit.wheels(shared)
    settings = {
        "deploy_target": TARGET,
        "aws_user": "shop-deployer",
        "aws_timeout_minutes": 5,
        "aws_bake_minutes": 0,
        "docker_base": base,
        "docker_wheels": "wheels",
        "docker_registry": REGISTRY,
        "docker_repo": label,
        "docker_start_timeout": 120,
        "live_timeout": 60,
        "keep_releases": 2,
        "env_secrets": ["SHOP_KEY"],
        "shop_api_key": "SHOP_KEY",
    }
    emulation = folder / TARGET
    emulation.mkdir()
    variables = {"SHOP_KEY": CANARY, EMULATION: str(emulation)}
    with (
        dockerkit.engine(shared),
        aws_emulators(
            ["shop-deployer"], machines=DockerMachines(label), patience=120, enforce_policies=enforce_policies
        ) as aws,
    ):
        made = Shop(folder / "shop", engine, settings, variables, aws=aws)
        shutil.copytree(wheels, made.root / "wheels")
        dockerkit.git(made.root, "init", "-q")
        made.commit()
        made.pym("aws", "setup", "--yes")
        yield made
    with dockerkit.engine(shared):
        assert left_containers(label) == []
        for image in engine.api.images(filters={"reference": f"{REGISTRY}/{label}/*"}):
            for tag in image["RepoTags"] or ():
                engine.api.remove_image(tag, noprune=True)
        engine.close()
