"""Real images in containers of a real engine, through swaps under load, on the emulated Elastic Beanstalk."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awsimages import LABEL, built_images, left_containers
from awskit import Load, get, nothing, prepare, target_of
from pymacaron.deploy import Image, Release
from pymacaron.exceptions import DeployError
from pymacaron_testing.emulators.aws import AwsEmulators, aws_emulators
from pymacaron_testing.emulators.beanstalk import DockerMachines


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with built_images(tmp_path_factory.mktemp("real"), shared) as images:
        yield images["serves"]


@pytest.fixture
def aws(tmp_path: Path, image: str) -> Iterator[AwsEmulators]:
    label = f"{LABEL}-{tmp_path.name}"
    with aws_emulators(["shop-deployer"], machines=DockerMachines(label)) as emulators:
        prepare(emulators)
        yield emulators
    assert left_containers(label) == []


@pytest.fixture
def release(image: str) -> Callable[[str], Release]:
    return lambda name: Release(name, name, "0123abc", Image(image, "sha256:0", "0123abc"), "shop-live")


def deploy(target: Any, one: Release) -> str:
    target.stage(one)
    return str(target.promote(one, nothing))


def test_real_images_are_deployed_swapped_and_rolled_back_without_a_failed_request(
    tmp_path: Path, aws: AwsEmulators, release: Any
) -> None:
    aws.client("secretsmanager").create_secret(Name="shop-live/SHOP_KEY", SecretString="canary-7w3")
    roles = {"worker": ("python3", "-c", "print('works', flush=True); import time; time.sleep(600)")}
    target = target_of(tmp_path, roles=roles, env_secrets=["SHOP_KEY"])
    url = deploy(target, release("1"))
    assert get(url) == {"release": "1", "key": "canary-7w3"}
    with Load(url) as load:
        for name in ("2", "3"):
            deploy(target, release(name))
            assert get(url)["release"] == name
        target.rollback("1")
        target.discard("3")
        assert get(url)["release"] == "1"
    assert load.failed == []
    assert list(load.served) == [200]
    assert load.served[200] > 200
    assert list(target.logs(None, lines=1)) == ["web-1  | serves 1"]
    assert list(target.logs(None, role="worker")) == ["worker-1  | works"]


def test_a_load_sees_when_nothing_serves(tmp_path: Path, aws: AwsEmulators, release: Any) -> None:
    target = target_of(tmp_path)
    url = deploy(target, release("1"))
    with Load(url) as load:
        aws.client("elasticbeanstalk").terminate_environment(EnvironmentName=target.account.name_of("1"))
        end = time.monotonic() + 20
        while 503 not in load.served and time.monotonic() < end:
            time.sleep(0.05)
    assert load.served[503] > 0


def test_a_command_of_a_release_runs_in_its_image_and_its_failure_is_told(
    tmp_path: Path, aws: AwsEmulators, release: Any
) -> None:
    aws.client("secretsmanager").create_secret(Name="shop-live/SHOP_KEY", SecretString="canary-7w3")
    target = target_of(tmp_path, env_secrets=["SHOP_KEY"])
    sees = "import os; assert os.environ['SHOP_KEY'] == 'canary-7w3' and os.environ['PYM_RELEASE'] == '1'"
    target.run(release("1"), ("python3", "-c", sees))
    with pytest.raises(DeployError, match=r"01_run\.sh ended with 3") as raised:
        target.run(release("1"), ("python3", "-c", "print('no table pets'); raise SystemExit(3)"))
    assert "no table pets" in str(raised.value)
    assert target.observe().releases == ()
