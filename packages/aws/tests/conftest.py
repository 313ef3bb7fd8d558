"""Fixtures: the emulators with machines inside this process, and targets of a service of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awskit import Machines, Open, prepare, target_of
from pymacaron_testing.emulators.aws import AwsEmulators, aws_emulators


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymacaron_aws.beanstalk.pauses.FIRST_PAUSE", 0.02)
    monkeypatch.setattr("pymacaron_aws.beanstalk.launching.RED_SECONDS", 0.2)


@pytest.fixture
def machines() -> Machines:
    return Machines()


@pytest.fixture
def aws(machines: Machines) -> Iterator[AwsEmulators]:
    with aws_emulators(["shop-deployer"], machines=machines, delay=0.01) as emulators:
        prepare(emulators)
        yield emulators


@pytest.fixture
def open_target(tmp_path: Path, aws: AwsEmulators) -> Open:
    return lambda **settings: target_of(tmp_path, **settings)
