"""The target `gcp-cloud-run` keeps the contract of deploy targets, on the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gcpkit import LocalContainers, Place, prepare
from pymacaron_testing.emulators.cloudrun import CloudRun
from pymacaron_testing.suites.targets import DeployTargetSuite, TargetUnderTest


class TestCloudRun(DeployTargetSuite):
    @pytest.fixture(
        params=[{}, {"gcp_staging": True, "gcp_public": False}],
        ids=["one service", "staging then live, open to nobody else"],
    )
    def place(self, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TargetUnderTest]:
        with CloudRun(containers=LocalContainers(), delay=0.01, patience=0.5) as emulator, prepare(emulator).apply():
            yield Place(tmp_path, **request.param)
