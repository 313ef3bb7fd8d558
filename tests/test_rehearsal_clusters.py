"""`pym deploy --rehearse` to clusters, with real images in pods: the command of docs/how-to/deploy-to-kubernetes.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from hostkit import CANARY
from runkit import docker, unrehearsed
from shopkit import Shop

PROJECT = f"rehearsed-{uuid4().hex[:8]}"
CLUSTERS: dict[str, dict[str, Any]] = {
    "gke": {"gke_location": "europe-west1-b", "gke_cluster": "shops", "kubernetes_secrets": {"SHOP_KEY": "keys/shop"}},
    "kubernetes": {
        "kubernetes_context": "own",
        "kubernetes_namespace": "shops",
        "gcp_project": None,
        "docker_repo": PROJECT,
    },
}


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with unrehearsed(tmp_path_factory, PROJECT) as made:
        yield made


@pytest.mark.endurance
@pytest.mark.parametrize("target", CLUSTERS)
def test_a_deploy_is_rehearsed_from_the_build_to_the_live_url_with_the_secrets_of_this_shell(
    shop: Shop, target: str
) -> None:
    shop.commit(deploy_target=target, **CLUSTERS[target])
    printed = shop.pym("deploy", "--rehearse", "--version", "1")
    assert f"rehearsal: {target} is emulated on this machine, and no account is reached" in printed
    assert printed.splitlines()[-1].startswith("rehearsed: 1 was live at http://127.0.0.1:")
    assert "done: made Namespace " in printed
    assert CANARY not in printed
    assert ("no registry is emulated" in printed) is (target == "kubernetes")
    left = docker("ps", "--all", "--filter", "label=pymacaron.emulator", "--format", "{{.Image}}").split()
    assert ([one for one in left if "shop:1" in one], (shop.root / ".pym").exists()) == ([], False)
