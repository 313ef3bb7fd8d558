"""The target `kubernetes` keeps the contract of deploy targets, on the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8spods import LocalContainers, Place, prepare
from pymacaron_testing.emulators.kubernetes import Kubernetes
from pymacaron_testing.suites.targets import DeployTargetSuite, TargetUnderTest


class TestKubernetes(DeployTargetSuite):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[TargetUnderTest]:
        with Kubernetes(containers=LocalContainers(), backoff=0.1) as cluster, prepare(cluster).apply():
            yield Place(tmp_path)
