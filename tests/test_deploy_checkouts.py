"""What `pym deploy` makes of a repository that is not a plain clone with all committed (docs/how-to/deploy.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from deploykit import Shop

HERE = ("--no-test", "--no-unittest")


SPOILS = """
from pathlib import Path


def test_that_leaves_something():
    for folder in ("prices/here", "prices/taxes/here"):
        Path(folder, "value.txt").write_text("spoilt")
        Path(folder, "more.txt").touch()
"""


@pytest.fixture
def priced(shop: Shop, tmp_path: Path) -> Path:
    """Give the shop a submodule "prices", and that one a submodule of its own; returns where the first comes from."""
    origins = tmp_path / "prices", tmp_path / "taxes"
    for origin in origins:
        (origin / "here").mkdir(parents=True)
        (origin / "here/value.txt").write_text(origin.name)
        git(origin, "init", "-q")
        commit_all(origin)
    git(origins[0], "submodule", "add", "-q", str(origins[1]), "taxes")
    commit_all(origins[0])
    git(shop.root, "submodule", "add", "-q", str(origins[0]), "prices")
    git(shop.root, "submodule", "update", "-q", "--init", "--recursive")
    shop.commit()
    return origins[0]


def git(root: Path, *arguments: str) -> None:
    """Run git, which lets submodules come from folders."""
    who = ["-c", "user.name=Shop", "-c", "user.email=shop@example.com", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *who, *arguments], cwd=root, check=True, capture_output=True)


def commit_all(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "A change")


def clone(shop: Shop, *options: str) -> Path:
    """Clone the repository of the shop."""
    git(shop.root.parent, "clone", "-q", *options, f"file://{shop.root}", "clone")
    return shop.root.parent / "clone"


def test_a_detached_commit_is_deployed(shop: Shop) -> None:
    shop.git("checkout", "-q", "--detach")
    shop.commit({"mode.txt": "detached"})
    shop.fast("1.0")
    assert (shop.home / "images/1.0/mode.txt").read_text() == "detached"


def test_files_that_git_does_not_know_are_named_unless_they_are_ignored_or_wheels(shop: Shop) -> None:
    for name in ("wheels/it.whl", "a.py", "b.py", "c.py", "d.py", ".env"):
        (shop.root / name).parent.mkdir(exist_ok=True)
        (shop.root / name).touch()
    (shop.root / ".git/info/exclude").write_text(".env\n")
    printed = shop.fast("1.0", "--plan")
    assert printed.startswith("Warning: git does not know a.py, b.py, c.py and 1 more: not deployed\n")
    shop.commit()
    assert "Warning" not in shop.fast("1.0", "--plan")


def test_submodules_are_deployed_as_the_commit_has_them(shop: Shop, priced: Path) -> None:
    shop.commit({"test/test_unit.py": SPOILS})
    (shop.root / "prices/here/value.txt").write_text("changed")
    printed = shop.deploy("1.0", "--no-test", "--no-deploy")
    assert printed.startswith("Warning: uncommitted changes are not deployed\n")
    assert "1 passed" in printed
    image = shop.home / "images/1.0/prices"
    assert (image / "here/value.txt").read_text() == "prices"
    assert [path.name for path in (image / "taxes/here").iterdir()] == ["value.txt"]
    assert (image / "taxes/here/value.txt").read_text() == "taxes"


@pytest.mark.parametrize("missing", ["the folder", "the commit"])
def test_a_submodule_that_is_not_here_stops_a_deploy_before_it_begins(shop: Shop, priced: Path, missing: str) -> None:
    if missing == "the commit":
        shop.git("update-index", "--cacheinfo", f"160000,{'0' * 39}1,prices")
        shop.git("commit", "-qm", "A change")
    else:
        shutil.rmtree(shop.root / "prices")
        (shop.root / "prices").mkdir()
    printed = shop.fast("1.0", code=1)
    assert "Error: the submodule prices is not here at " in printed
    assert printed.endswith(": check the commit out, and type 'git submodule update --init --recursive'\n")
    assert shop.calls("") == []


def test_a_shallow_clone_is_not_deployed_uncompared_with_what_is_live(shop: Shop) -> None:
    shop.fast("1.0")
    live = shop.git("rev-parse", "HEAD")[:12]
    shop.commit({"mode.txt": "shallow"})
    shallow = clone(shop, "--depth", "1")
    printed = shop.pym("deploy", "--version", "2.0", *HERE, root=shallow, code=1)
    assert printed.splitlines()[-1] == (
        f"Error: compare documents: this clone is shallow and lacks {live}, which is live: "
        "type 'git fetch --unshallow', then type 'pym deploy', or add --allow-breaking"
    )
    git(shallow, "fetch", "-q", "--unshallow")
    shop.pym("deploy", "--version", "2.0", *HERE, root=shallow)
    assert shop.live() == "2.0"


def test_a_release_of_another_repository_is_said_to_be_uncompared(shop: Shop) -> None:
    shop.fast("1.0")
    live = shop.git("rev-parse", "HEAD")[:12]
    shutil.rmtree(shop.root / ".git")
    git(shop.root, "init", "-q")
    shop.commit({"mode.txt": "begun again"})
    printed = shop.fast("2.0")
    assert f"{live}, which is live, is not in this repository" in printed
    assert "Error" not in printed
    assert shop.live() == "2.0"


def test_doctor_sees_that_nobody_brings_what_a_deploy_wants(shop: Shop) -> None:
    settings = (shop.root / "pym-config.yaml").read_text()
    assert "nobody" not in shop.pym("doctor", code=None)
    for setting, told in (("deploy_target", "nobody deploys to 'fakk'"), ("image_builder", "nobody builds images as")):
        (shop.root / "pym-config.yaml").write_text(settings.replace(f"{setting}: fake", f"{setting}: fakk"))
        assert told in shop.pym("doctor", code=1)


def test_a_work_tree_beside_the_repository_is_deployed(shop: Shop) -> None:
    side = shop.root.parent / "side"
    shop.git("worktree", "add", "-q", "-b", "side", str(side))
    shop.pym("deploy", "--version", "1.0", *HERE, root=side)
    assert shop.live() == "1.0"


@pytest.mark.skipif(os.getuid() != 0, reason="root alone gives files away")
@pytest.mark.parametrize("command", ["deploy", "docker build"])
def test_a_repository_of_another_user_is_told_with_what_git_says_to_type(shop: Shop, command: str) -> None:
    for path in (shop.root, *shop.root.rglob("*")):
        os.chown(path, 65534, 65534)
    printed = shop.pym(*command.split(), code=1, GIT_CONFIG_GLOBAL="/dev/null")
    assert printed == (
        f"Error: {shop.root} belongs to another user, so git does not read it: "
        f"type 'git config --global --add safe.directory {shop.root}'\n"
    )


def test_without_git_a_deploy_says_what_is_missing(shop: Shop) -> None:
    assert shop.pym("deploy", code=1, PATH="/nowhere") == "Error: git cannot be started: install git\n"
