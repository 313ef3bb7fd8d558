"""The deploy target passes the contract suite, with real images on the emulated Elastic Beanstalk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from awsimages import LABEL, built_images, left_containers
from awskit import config_of
from pymacaron.deploy import DeployTarget, Environment, Image, Release
from pymacaron_aws.beanstalk import BeanstalkTarget
from pymacaron_aws.requirements import missing
from pymacaron_testing.emulators.aws import aws_emulators
from pymacaron_testing.emulators.beanstalk import DockerMachines
from pymacaron_testing.suites import DeployTargetSuite


@dataclass
class Place:
    """An emulated account that was set up, and images for it."""

    kind: DeployTarget
    environment: Environment
    secret: str
    images: dict[str, str]

    def release(self, release: str) -> Release:
        return self._made(release, "serves")

    def crashing(self, release: str) -> Release:
        return self._made(release, "crashes")

    def unready(self, release: str) -> Release:
        return self._made(release, "hangs")

    def _made(self, release: str, mode: str) -> Release:
        image = Image(self.images[mode], "sha256:0", "0123abc")
        return Release(release, release, "0123abc", image, self.environment.label)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with built_images(tmp_path_factory.mktemp("suite"), shared) as names:
        yield names


class TestBeanstalk(DeployTargetSuite):
    roles = ("web",)

    @pytest.fixture
    def place(self, tmp_path: Path, images: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
        label = f"{LABEL}-{tmp_path.name}"
        monkeypatch.setenv("SHOP_KEY", "canary-4b8")
        config = config_of(tmp_path, env_secrets=["SHOP_KEY"], aws_bake_minutes=0)
        environment = Environment("shop", "live", tmp_path, config)
        with aws_emulators(["shop-deployer"], machines=DockerMachines(label), delay=0.01, patience=15):
            for one in missing(BeanstalkTarget(environment).account):
                assert one.make, one.sentence
                one.make()
            yield Place(DeployTarget("aws-beanstalk", BeanstalkTarget), environment, "canary-4b8", images)
        assert left_containers(label) == []
