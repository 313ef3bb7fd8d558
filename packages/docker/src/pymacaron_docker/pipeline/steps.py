"""The steps of a deploy in their order, and what follows where one fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pymacaron.deploy import Acceptance, InPlace
from pymacaron.deploy.emulators import REGISTRY, emulation_folder
from pymacaron.exceptions import DeployError, StartError
from pymacaron_docker.pipeline.checkout import bring_wheels, restore
from pymacaron_docker.pipeline.outside import has_module, run_told
from pymacaron_docker.pipeline.proof import asked_as, prove, watch
from pymacaron_docker.pipeline.run import Run, free_id
from pymacaron_docker.repository import has_commit, is_shallow

__all__ = ["STEPS", "Skipped", "Step"]

NO_TESTS = 5
OnFailure = Literal["stop", "discard", "roll back", "go on"]


class Skipped(str):
    """The reason for which a step had nothing to do."""

    __slots__ = ()


@dataclass(frozen=True)
class Step:
    """A step: `work` returns a note, `on_failure` says what becomes of the release where it raises.

    `locked` steps run with the lock of the environment; `once` ones are left out by `--resume` where the journal has
    them, and all that precede "stage" where the target has the release.
    """

    name: str
    work: Callable[[Run], str]
    on_failure: OnFailure = "stop"
    locked: bool = True
    once: bool = False


def checkout(run: Run) -> str:
    """Tell of the clean clone: it was made before, since plugins and settings are those of the commit."""
    return f"{run.order.commit[:12]} as {run.order.version}"


def compare_documents(run: Run) -> str:
    """Stop where callers of the live release would break, as far as `pym diff` is installed to tell."""
    live = run.target.observe().live if run.order.deploy else None
    if run.order.allow_breaking or "diff" not in run.service.hooks.commands():
        return Skipped("--allow-breaking" if run.order.allow_breaking else "pymacaron-testing is not installed")
    if live is None or live.commit == run.order.commit:
        return Skipped("nothing else is live")
    if not has_commit(run.service.root, live.commit):
        return _uncomparable(run, live.commit)
    command = [sys.executable, "-m", "pymacaron", "diff", live.commit]
    code, lines = run_told(command, run.service.root, run.progress.line)
    if code == 1 and not any(line.startswith("Error") for line in lines):
        raise DeployError(
            "callers of the live release would break: type 'pym deploy' for a commit that keeps them, or "
            "the same command again with --allow-breaking\n" + _text(lines)
        )
    return f"no break since {live.id}" if code == 0 else Skipped(f"{live.commit[:12]} cannot be compared")


def _uncomparable(run: Run, commit: str) -> str:
    """Skip where the commit of the live release is of another repository; stop where it is only cut off."""
    if is_shallow(run.service.root):
        raise DeployError(
            f"this clone is shallow and lacks {commit[:12]}, which is live: type 'git fetch --unshallow', "
            "then type 'pym deploy', or add --allow-breaking"
        )
    return Skipped(f"{commit[:12]}, which is live, is not in this repository")


def unit_tests(run: Run) -> str:
    """Run the tests in test/, as people do: by pytest, in the folder."""
    if not run.order.unittest:
        return Skipped("--no-unittest")
    if not (run.service.root / "test").is_dir():
        return Skipped("there is no folder test")
    if not has_module("pytest"):
        raise DeployError("pytest is not installed: type 'pip install pytest', or add --no-unittest")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test"]
    code, lines = run_told(command, run.service.root, run.progress.line)
    if code == NO_TESTS:
        return Skipped("test holds no test")
    if code:
        raise DeployError(f"the unit tests fail: mend them, then type 'pym deploy'\n{_text(lines)}")
    return lines[-1].strip("= ") if lines else ""


def build_image(run: Run) -> str:
    """Build the image of the version, unless it is there."""
    order = run.order
    found = None if order.force_build else run.builder.find(order.version)
    if found is not None and found.commit != order.commit:
        raise DeployError(
            f"{found.reference} is there, built of the commit {found.commit[:12]}: type 'pym deploy' with another "
            "--version, or with --force-build"
        )
    if found is None:
        restore(run.service.root)
        bring_wheels(run.service.root, run.service.config.get("docker_wheels"), run.home)
    run.image = found or run.builder.build(run.service.root, order.version, order.commit)
    return f"{run.image.reference}{' is there' if found else ''}"


def accept_image(run: Run) -> str:
    """Run the acceptance tests against the image, started on this machine."""
    if reason := _no_acceptance(run):
        return Skipped(reason)
    with run.builder.start(run.release.image, run.release.variables) as started:
        image = Acceptance(run.environment, started.url)
        return accepted(run, image, started.logs, ": mend and commit it, then type 'pym deploy'")


def push(run: Run) -> str:
    """Push the image, and know it by its digest from now on."""
    if not run.order.push:
        return Skipped("--no-push")
    if emulation_folder() and not os.environ.get(REGISTRY):
        return Skipped("no registry is emulated")
    run.image = run.builder.push(run.release.image)
    return run.image.digest or run.image.reference


def lock(run: Run) -> str:
    """Give the release its id now that nobody else can take it, and tell plugins of it."""
    seen = run.target.observe()
    if run.known is None:
        run.name(free_id(run.order.version, seen))
    for other in seen.releases:
        if other.state == "staged" and other.id != run.release_id:
            run.progress.line(f"{other.id} was staged by a deploy that did not end: it is discarded")
            run.target.discard(other.id)
    if emulation_folder() is None:  # to others, a rehearsal is no deploy
        run.told_before = True
        run.service.hooks.before_deploy(run.release)
    return f"{run.release_id} goes to {run.environment.label}"


def release_command(run: Run) -> str:
    """Run the release command once, in the new image, with the secrets and variables of the release."""
    command = tuple(run.settings.release_command)
    if not command:
        return Skipped("no release_command is set")
    run.target.run(run.release, command)
    return " ".join(command)


def stage(run: Run) -> str:
    """Start the release beside what is live, without traffic, and see that its URL answers it and nothing else."""
    if run.order.with_downtime:
        return Skipped("--with-downtime")
    known = run.target.observe().find(run.release_id)
    if known is not None and known.state == "broken":
        run.target.discard(run.release_id)
    run.staged_url = run.target.stage(run.release)
    prove(run.target, run.staged_url, run.release_id, run.live_seconds)
    return run.staged_url


def accept_staged(run: Run) -> str:
    """Run the acceptance tests against the very thing that goes live."""
    if reason := "--with-downtime" if run.order.with_downtime else _no_acceptance(run):
        return Skipped(reason)
    return accepted(run, _deployed(run, run.staged_url), _logs_of(run))


def promote(run: Run) -> str:
    """Give the release the traffic."""
    live = run.target.observe().live
    if live is not None and live.id != run.release_id:
        run.previous = live.id
    run.journal.write("promoting", previous=run.previous)
    if run.order.with_downtime and isinstance(run.target, InPlace):
        run.live_url = run.target.replace(run.release)
        return run.live_url
    run.live_url = run.target.promote(run.release, lambda url: _verify(run, url))
    return run.live_url


def prove_live(run: Run) -> str:
    """See that the live URL answers the new release, and nothing else any more."""
    prove(run.target, run.live_url, run.release_id, run.live_seconds)
    return f"/version answers {run.release_id}"


def accept_live(run: Run) -> str:
    """Run the acceptance tests against the live URL."""
    if reason := _no_acceptance(run):
        return Skipped(reason)
    return accepted(run, _deployed(run, run.live_url), _logs_of(run))


def bake(run: Run) -> str:
    """Watch the release for a while."""
    minutes = run.settings.bake_minutes if run.order.bake is None else run.order.bake
    if not minutes:
        return Skipped("bake_minutes is 0")
    watch(run.target, run.live_url, run.release_id, minutes * 60, run.progress.line)
    return f"{minutes} min without a complaint"


def prune(run: Run) -> str:
    """Remove what nobody goes back to."""
    removed = run.target.prune(run.settings.keep_releases)
    for line in removed:
        run.progress.line(line)
    return f"{len(removed)} removed"


STEPS = (
    Step("checkout", checkout, locked=False),
    Step("compare documents", compare_documents, locked=False, once=True),
    Step("unit tests", unit_tests, locked=False, once=True),
    Step("build image", build_image, locked=False),
    Step("accept image", accept_image, locked=False, once=True),
    Step("push", push, locked=False),
    Step("lock", lock),
    Step("release command", release_command, once=True),
    Step("stage", stage, "discard"),
    Step("accept staged", accept_staged, "discard"),
    Step("promote", promote, "roll back"),
    Step("prove live", prove_live, "roll back"),
    Step("accept live", accept_live, "roll back"),
    Step("bake", bake, "roll back"),
    Step("prune", prune, "go on"),
)


def accepted(run: Run, acceptance: Acceptance, logs: Callable[[], str], following: str = "") -> str:
    """Have every runner test a service, and return what they say.

    Raises DeployError with what the first complains of, the `following` step, and the last log lines.
    """
    summaries = []
    for runner in run.service.hooks.acceptance_runners():
        try:
            told = runner.run(acceptance)
        except StartError as error:
            raise DeployError(f"{runner.name}: {error}") from error
        if not told.passed:
            sentence = f"{runner.name}: {told.summary}{following}"
            raise DeployError("\n".join(filter(None, (sentence, told.details, logs()))))
        summaries.append(told.summary)
    return ", ".join(summaries)


def _deployed(run: Run, url: str) -> Acceptance:
    return Acceptance(run.environment, url, asked_as(run.target, url))


def _verify(run: Run, url: str) -> None:
    """Look at the release between two steps of its traffic, by /version and by the acceptance tests."""
    prove(run.target, url, run.release_id, run.live_seconds)
    if not _no_acceptance(run):
        accepted(run, _deployed(run, url), _logs_of(run))


def _no_acceptance(run: Run) -> str:
    """Return why there is nothing to accept; raises DeployError for tests that nobody can run."""
    if not run.order.test:
        return "--no-test"
    if run.service.hooks.acceptance_runners():
        return "" if (run.service.root / "testaccept").is_dir() else "there is no folder testaccept"
    if (run.service.root / "testaccept").is_dir():
        raise DeployError(
            "no plugin runs the tests in testaccept: type \"pip install 'pymacaron-testing>=3'\", or add --no-test"
        )
    return "there is no folder testaccept"


def _logs_of(run: Run) -> Callable[[], str]:
    def logs() -> str:
        try:
            return _text(run.target.logs(run.release_id, lines=20))
        except DeployError as error:
            return f"its log cannot be read: {error}"

    return logs


def _text(lines: object) -> str:
    return "\n".join(f"  {line}" for line in lines)  # type: ignore[attr-defined]
