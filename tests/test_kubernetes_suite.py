"""The targets `kubernetes` and `gke` keep the contract of deploy targets, on the emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from k8spods import LocalContainers, Place, prepare
from pymacaron_gcp.client import ENDPOINT
from pymacaron_testing.emulators.kubernetes import Kubernetes
from pymacaron_testing.suites.targets import DeployTargetSuite, TargetUnderTest


class TestKubernetes(DeployTargetSuite):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Iterator[TargetUnderTest]:
        with Kubernetes(gke=False, containers=LocalContainers(), backoff=0.1) as cluster, prepare(cluster).apply():
            yield Place(tmp_path)


class TestGke(DeployTargetSuite):
    @pytest.fixture
    def place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TargetUnderTest]:
        monkeypatch.setenv(ENDPOINT, "http://127.0.0.1:9")  # so that the cluster is the one of the kubeconfig
        with Kubernetes(containers=LocalContainers(), backoff=0.1) as cluster, prepare(cluster).apply():
            yield Place(tmp_path, "gke", gke_cluster="shops")
