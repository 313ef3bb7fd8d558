"""What becomes of a release that fails: discarded before it has traffic, rolled back and proven afterwards."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymacaron.deploy import DeployOutcome
from pymacaron.exceptions import PyMacaronException
from pymacaron.text import one_line
from pymacaron_docker.pipeline.proof import prove
from pymacaron_docker.pipeline.run import Run
from pymacaron_docker.pipeline.steps import Step

__all__ = ["INTERRUPTED", "StepError", "recovered"]


INTERRUPTED = "it was interrupted"


class StepError(Exception):
    """A step failed: `reason` is a sentence, with log lines below it."""

    def __init__(self, step: Step, error: BaseException) -> None:
        self.step = step
        self.interrupted = isinstance(error, KeyboardInterrupt)
        self.reason = _reason(error)
        super().__init__(self.reason)

    def outcome(self, live: str | None) -> DeployOutcome:
        """Return the outcome of a deploy that stops here."""
        return DeployOutcome("failed", live, self.step.name, self.reason)


def _reason(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    return str(error) if isinstance(error, PyMacaronException) else one_line(error)


def recovered(run: Run, failed: StepError | None) -> DeployOutcome:
    """Put right what a failed step left, and return the outcome; with None, a roll-back that was cut off goes on.

    What was interrupted stays as it is, for `--resume`.
    """
    step = failed.step.name if failed else "promote"
    reason = failed.reason if failed else "the deploy before this one was rolling back when it was cut off"
    if failed and failed.interrupted:
        return failed.outcome(None)
    with _undisturbed():
        try:
            return _put_right(run, failed, step, reason)
        except Exception as error:
            first, _, rest = reason.partition("\n")
            worse = f"{first}; and then it could not be put right: {_reason(error)}: type 'pym status'\n{rest}"
            return DeployOutcome("failed", None, step, worse)


def _put_right(run: Run, failed: StepError | None, step: str, reason: str) -> DeployOutcome:
    promoted = failed is None or failed.step.on_failure == "roll back"
    if promoted and run.previous is not None:
        roll_back(run, run.previous)
        return DeployOutcome("rolled back", run.previous, step, reason)
    live = run.target.observe().live
    if live is not None and live.id == run.release_id:
        return DeployOutcome("failed", live.id, step, reason)
    if failed and failed.step.on_failure in ("discard", "roll back"):
        run.target.discard(run.release_id)
        run.progress.say(f"{run.release_id} is discarded; it had no traffic")
    return DeployOutcome("failed", live.id if live else None, step, reason)


def roll_back(run: Run, previous: str) -> None:
    """Give the traffic back, prove it, and remove the release that failed."""
    began = time.monotonic()
    run.progress.start("roll back")
    run.journal.write("rolling back", to=previous)
    run.live_url = run.target.rollback(previous)
    prove(run.target, run.live_url, previous, run.live_seconds)
    run.target.discard(run.release_id)
    seconds = time.monotonic() - began
    run.journal.write("step", step="roll back", outcome="done", seconds=round(seconds, 3), note=previous)
    run.progress.end("roll back", "done", seconds, f"/version answers {previous}")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let neither Ctrl-C nor TERM cut off what puts things right."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
