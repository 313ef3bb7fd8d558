"""`pym deploy --rehearse` and `pym emulate` to Cloud Run: the commands of docs/how-to/deploy-to-cloud-run.md."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

import dockerkit
from hostkit import CANARY
from runkit import docker, unrehearsed
from shopkit import Shop

PROJECT = f"rehearsed-{uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with unrehearsed(tmp_path_factory, PROJECT) as made:
        made.commit()
        yield made


def containers() -> list[str]:
    """Return the images of what runs, or ran, of the rehearsed project."""
    return [one for one in docker("ps", "--all", "--format", "{{.Image}}").split() if PROJECT in one]


def test_a_deploy_is_rehearsed_from_the_push_to_the_live_url(shop: Shop) -> None:
    printed = shop.pym("deploy", "--rehearse", "--version", "1", "--no-test", "--no-unittest")
    assert printed.splitlines()[-1].startswith("rehearsed: 1 was live at http://127.0.0.1:")
    assert "done: made the repository pymacaron" in printed
    assert re.search(rf"^push  .* 127\.0\.0\.1:\d+/{PROJECT}/pymacaron/shop@sha256:", printed, re.MULTILINE)
    assert CANARY not in printed
    assert (containers(), (shop.root / ".pym").exists()) == ([], False)


@pytest.mark.endurance
def test_several_deploys_follow_each_other_in_one_project(shop: Shop) -> None:
    deploys = " && ".join(f"pym deploy --version {number}" for number in (1, 2))
    path = f"{Path(dockerkit.PYM).parent}:{os.environ['PATH']}"
    printed = shop.pym(
        "emulate", "--setup", "gcp-cloud-run", "sh", "-c", f"{deploys} && pym rollback 1 --yes", PATH=path
    )
    assert re.search(r"^live: 1 at http://127\.0\.0\.1:\d+, proven by /version", printed, re.MULTILINE)
    assert containers() == []
