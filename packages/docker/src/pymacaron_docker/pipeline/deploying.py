"""The story of a deploy: step by step, and what becomes of a release that fails."""

from __future__ import annotations

import time

from pymacaron.deploy import DeployOutcome, Image, InPlace
from pymacaron.deploy.emulators import emulation_folder
from pymacaron.exceptions import DeployError, LockedError
from pymacaron_docker.pipeline.journal import recent
from pymacaron_docker.pipeline.lockkeeper import (
    LockKeeper,
    LostLockError,
    described,
    new_token,
    wait_for_the_dead,
)
from pymacaron_docker.pipeline.opening import target_of
from pymacaron_docker.pipeline.outside import holder, utc_now
from pymacaron_docker.pipeline.recovery import StepError, recovered
from pymacaron_docker.pipeline.run import Run, free_id
from pymacaron_docker.pipeline.steps import STEPS, Skipped, Step

__all__ = ["deploy"]


def deploy(run: Run) -> DeployOutcome:
    """Take every step; raises DeployError where the release cannot even begin, and returns how it ended otherwise."""
    began = time.monotonic() - run.checkout_seconds
    orient(run)
    begin(run)
    try:
        outcome = prepare(run) or change(run)
    except LockedError as error:
        outcome = DeployOutcome("failed", None, "lock", str(error))
    return end(run, outcome, time.monotonic() - began)


def orient(run: Run) -> None:
    """Find out which release this is about; raises DeployError for what would only fail later."""
    order = run.order
    run.release_id = order.release or order.version
    entry = recent(run.home, run.environment.label) if order.resume else None
    run.entry = entry if entry is not None and entry.release == order.release else None
    if order.with_downtime and not isinstance(run.target, InPlace):
        raise DeployError(f"'{run.settings.deploy_target}' needs no downtime, and has none: leave out --with-downtime")
    problems = run.builder.check() + (run.target.check() if order.deploy else [])
    if problems:
        raise DeployError("\n".join(problems))
    if order.deploy:
        look(run)


def look(run: Run) -> None:
    """See what the target has of the release; raises LockedError where somebody else deploys."""
    seen = run.target.observe()
    if seen.lock is not None and seen.lock.expires > utc_now() and not run.order.resume:
        raise LockedError(described(seen.lock))
    if run.order.release is None:
        run.release_id = free_id(run.order.version, seen)
        return
    run.known = seen.find(run.release_id)
    if run.known is not None and run.known.state == "kept" and not (run.entry and run.entry.rolling_back):
        live = seen.live.id if seen.live else "nothing"
        raise DeployError(f"{run.release_id} is not live any more, {live} is: type 'pym deploy' or 'pym rollback'")
    if run.known is not None:
        digest = run.known.image if "@" in run.known.image else None
        run.image = Image(run.known.image, "", run.known.commit, digest)
        if run.known.state == "live":
            run.previous = next((one.id for one in seen.releases if one.state == "kept"), None)
    if run.entry is not None:
        run.previous = run.entry.previous or run.previous


def begin(run: Run) -> None:
    """Open the journal."""
    order = run.order
    facts = {"environment": run.environment.label, "version": order.version, "commit": order.commit, "who": holder()}
    run.journal.write("start", release=run.release_id, **facts)


def prepare(run: Run) -> DeployOutcome | None:
    """Take the steps that change nothing where the release goes; returns an outcome where the deploy ends there."""
    try:
        for step in STEPS:
            if not step.locked:
                take(run, step)
    except StepError as failed:
        return failed.outcome(None)
    return None if run.order.deploy else DeployOutcome("live", None)


def change(run: Run) -> DeployOutcome:
    """Take the other steps with the lock, and put right what one leaves that fails."""
    token = run.entry.token if run.entry and run.entry.token else new_token()
    run.journal.write("lock", token=token)
    if run.order.resume and not (run.entry and run.entry.token):
        wait_for_the_dead(run.target)
    keeper = LockKeeper(target_of(run.service).open(run.environment), token, run.settings.lock_seconds)
    with keeper.held():
        if run.entry and run.entry.rolling_back:
            run.told_before = run.image is not None
            outcome = recovered(run, None)
        else:
            outcome = advance(run, keeper)
        announce(run, outcome)
    return outcome


def advance(run: Run, keeper: LockKeeper) -> DeployOutcome:
    """Take the steps that need the lock."""
    try:
        for step in STEPS:
            if step.locked:
                keeper.check()
                take(run, step)
    except LostLockError as error:
        return DeployOutcome("failed", None, step.name, str(error))
    except StepError as failed:
        return recovered(run, failed)
    return DeployOutcome("live", run.release_id)


def take(run: Run, step: Step) -> None:
    """Take one step, with its time told and written; raises StepError."""
    began = time.monotonic() - (run.checkout_seconds if step is STEPS[0] else 0)
    if was_done(run, step):
        run.progress.end(step.name, "skipped", 0, "was done before")
        return
    run.progress.start(step.name)
    try:
        note = step.work(run)
    except (Exception, KeyboardInterrupt) as error:
        failed = StepError(step, error)
        _told(run, step, "failed", began, failed.reason)
        if step.on_failure == "go on" and not failed.interrupted:
            run.progress.say(f"the release is live all the same; later, type 'pym {step.name}'")
            return
        raise failed from error
    _told(run, step, "skipped" if isinstance(note, Skipped) else "done", began, note)


def was_done(run: Run, step: Step) -> bool:
    """Tell whether a deploy that is resumed took the step before: the target is believed first, then the journal."""
    names = [each.name for each in STEPS]
    if run.known is not None and step.name != "lock":
        begun = "promote" if run.known.state == "live" else "stage"
        return names.index(step.name) < names.index(begun)
    return step.once and run.entry is not None and step.name in run.entry.done


def announce(run: Run, outcome: DeployOutcome) -> None:
    """Tell plugins how it ended, where they were told of its begin."""
    if run.told_before:
        for complaint in run.service.hooks.after_deploy(run.release, outcome, run.service.config):
            run.progress.say(complaint)


def end(run: Run, outcome: DeployOutcome, seconds: float) -> DeployOutcome:
    """Close the journal and tell the outcome."""
    run.journal.write("end", status=outcome.status, live=outcome.live, step=outcome.step, reason=outcome.reason)
    run.journal.close()
    facts = {"release": run.release_id, "url": run.live_url or None, "seconds": round(seconds, 3)}
    pushed = {} if run.order.deploy or outcome.status != "live" else {"status": "pushed"}
    emulation = emulation_folder()
    run.progress.outcome({**vars(outcome), **facts, **pushed, **({"emulated": emulation.name} if emulation else {})})
    return outcome


def _told(run: Run, step: Step, outcome: str, began: float, note: str) -> None:
    seconds = time.monotonic() - began
    first = note.partition("\n")[0]
    run.journal.write("step", step=step.name, outcome=outcome, seconds=round(seconds, 3), note=first)
    run.progress.end(step.name, outcome, seconds, note)
