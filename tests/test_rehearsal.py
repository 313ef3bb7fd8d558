"""`pym deploy --rehearse`: the whole pipeline on an emulator, without a trace elsewhere (docs/how-to/deploy.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploykit import FILES, Shop

EMULATOR = """

from contextlib import contextmanager

from pymacaron.deploy import Emulator


@contextmanager
def emulated(emulation):
    home = HOME.with_name("emulated")
    home.mkdir(exist_ok=True)
    (home / "patience").write_text(str(emulation.patience))
    yield {"FAKE_HOME": str(home)}
    (home / "over").touch()


@hookimpl
def pym_emulators():
    return [Emulator("fake", emulated, (("config", "docs"),))]
"""


@pytest.fixture
def emulated(shop: Shop) -> Path:
    """Bring an emulator of the fake target, and give the folder of what it holds."""
    shop.commit({"fakes.py": FILES["fakes.py"] + EMULATOR})
    return shop.home.with_name("emulated")


@pytest.fixture
def _ended(shop: Shop, emulated: Path) -> object:
    yield None
    Shop(shop.root, emulated).end_processes()


pytestmark = pytest.mark.usefixtures("_ended")


def test_a_rehearsal_takes_every_step_says_what_it_is_and_touches_nothing_real(shop: Shop, emulated: Path) -> None:
    printed = shop.pym("deploy", "--rehearse", "--version", "1.0", "--no-unittest")
    lines = printed.splitlines()
    assert "rehearsal: fake is emulated on this machine, and no account is reached" in lines
    assert lines[-1].startswith("rehearsed: 1.0 was live at http://127.0.0.1:")
    assert lines[-1].endswith("it ends with the emulated fake")
    assert (emulated / "over").exists()
    assert "stage end 1.0" in (emulated / "calls.txt").read_text()
    assert (shop.calls(""), (shop.root / ".pym").exists(), (emulated / "told.txt").exists()) == ([], False, False)


def test_a_rehearsal_leaves_out_the_push_where_no_registry_is_emulated(shop: Shop, emulated: Path) -> None:
    printed = shop.fast("1.0", "--rehearse", "--json")
    events = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    (push,) = [one for one in events if one["event"] == "step" and one["step"] == "push"]
    assert (push["outcome"], push["note"]) == ("skipped", "no registry is emulated")
    assert (events[-1]["event"], events[-1]["status"], events[-1]["emulated"]) == ("outcome", "live", "fake")


def test_a_rehearsal_that_fails_ends_as_the_deploy_would_and_is_not_resumed_for_real(
    shop: Shop, emulated: Path
) -> None:
    shop.fast("1.0")
    shop.commit({"mode.txt": "crash"})
    printed = shop.fast("2.0", "--rehearse", code=1)
    assert "the shop has burnt down" in printed
    assert "Error: stage: " in printed
    assert (shop.live(), shop.releases()) == ("1.0", {"1.0": "live"})
    assert "nothing to resume" in shop.pym("deploy", "--resume")


def test_what_is_emulated_goes_on_as_long_as_a_command_of_several_deploys(shop: Shop, emulated: Path) -> None:
    first, second = (f"pym deploy --no-test --no-unittest --version {version}" for version in ("1.0", "2.0"))
    shop.pym("emulate", "fake", "sh", "-c", f"{first} && {second} --rehearse && pym rollback 1.0 --yes")
    assert (Shop(shop.root, emulated).live(), shop.live()) == ("1.0", "")


def test_another_target_is_not_opened_while_one_is_emulated(shop: Shop, emulated: Path, tmp_path: Path) -> None:
    folder = tmp_path / "another"
    folder.mkdir()
    printed = shop.pym("deploy", "--rehearse", code=2, PYM_EMULATION=str(folder))
    assert "deploy_target is 'fake', but what is emulated here is 'another': emulate 'fake'" in printed
    assert "leads to is over: unset PYM_EMULATION" in shop.pym("status", code=1, PYM_EMULATION=str(tmp_path / "gone"))
    assert shop.calls("") == []


TARGETS = {
    "docker": "a Docker host needs no emulator: rehearse by an --env that deploys to the engine of this machine",
    "fake": "nobody emulates 'fake', but aws-beanstalk",
}


@pytest.mark.parametrize("target", TARGETS)
def test_what_cannot_be_rehearsed_is_told_before_anything_is_done(shop: Shop, target: str) -> None:
    text = FILES["pym-config.yaml"].replace("deploy_target: fake", f"deploy_target: {target}")
    shop.commit({"pym-config.yaml": text, "fakes.py": FILES["fakes.py"]})
    assert TARGETS[target] in shop.pym("deploy", "--rehearse", code=1)
    assert shop.calls("") == []


def test_without_emulators_it_is_told_what_to_install(shop: Shop) -> None:
    text = FILES["pym-config.yaml"].replace("plugins:", "plugins:\n  disable: [testing]")
    shop.commit({"pym-config.yaml": text, "fakes.py": FILES["fakes.py"]})
    printed = shop.pym("deploy", "--rehearse", code=1)
    assert printed == "Error: a rehearsal needs emulators: type \"pip install 'pymacaron-testing>=3'\"\n"


def test_a_command_that_ends_early_or_cannot_be_run_is_told(shop: Shop, emulated: Path) -> None:
    shop.pym("emulate", "fake", "sh", "-c", "kill -9 $$", code=137)
    assert "no-such-command cannot be run" in shop.pym("emulate", "fake", "no-such-command", code=None)
    assert "did you mean 'fake'" in shop.pym("emulate", "fakes", "true", code=None)
    printed = shop.pym("emulate", "--setup", "--patience", "7", "fake", "--", "env")
    assert (emulated / "patience").read_text() == "7.0"
    assert "FAKE_HOME=" + str(emulated) in printed.splitlines()
