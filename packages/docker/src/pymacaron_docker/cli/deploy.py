"""`pym deploy`: a commit goes live, step by step."""

from __future__ import annotations

import shutil
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pymacaron.cli.context import Context
from pymacaron.exceptions import PyMacaronException

if TYPE_CHECKING:
    from pymacaron.deploy import DeployOutcome
    from pymacaron.service import Service
    from pymacaron_docker.pipeline.checkout import Handed
    from pymacaron_docker.pipeline.progress import Progress
    from pymacaron_docker.pipeline.run import Order

__all__ = ["deploy", "deploy_pipeline", "main"]


@click.group(invoke_without_command=True)
@click.option("--branch", help="Deploy the last commit of this branch; by default that of this folder.")
@click.option("--commit", help="Deploy this commit.")
@click.option("--version", help="Call the release so; by default <date>-<time>-<commits>-<sha>, as `pym version`.")
@click.option("--plan", is_flag=True, help="Tell what would change, and change nothing.")
@click.option("--rehearse", is_flag=True, help="Deploy to an emulator of the target on this machine.")
@click.option("--resume", is_flag=True, help="Go on with the deploy that did not end.")
@click.option("--no-test", is_flag=True, help="Leave out testaccept/.")
@click.option("--no-unittest", is_flag=True, help="Leave out test/.")
@click.option("--allow-breaking", is_flag=True, help="Deploy although `pym diff` finds that callers break.")
@click.option("--force-build", is_flag=True, help="Build the image although this version has one.")
@click.option("--no-push", is_flag=True, help="Push the image to no registry.")
@click.option("--no-deploy", is_flag=True, help="Stop once the image is pushed.")
@click.option("--bake", type=click.IntRange(0, 1440), metavar="MIN", help="Watch the release for so many minutes.")
@click.option("--with-downtime", is_flag=True, help="Replace what is live in place; nothing is staged.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
@click.pass_context
def deploy(ctx: click.Context, /, as_json: bool, rehearse: bool, **options: Any) -> None:
    """Deploy a commit: test it, build and test its image, stage, test and promote the release, prove that it is live.

    A release that fails before it is promoted never has traffic; one that fails afterwards is rolled back.
    """
    from pymacaron_docker.pipeline.checkout import handed

    if ctx.invoked_subcommand is not None:
        return
    context = ctx.find_object(Context) or Context()
    order = handed()
    context.plugins().require_healthy()
    if rehearse:
        from pymacaron_docker.pipeline.rehearsal import rehearse as rehearse_it
        from pymacaron_docker.pipeline.rehearsal import same_options

        rehearse_it(context, ["--root", str(context.root), *shared_options(context)], same_options(ctx))
    if order is None:
        start(context, as_json, **options)
    else:
        carry_out(context, order, as_json)


def start(context: Context, as_json: bool, *, plan: bool, resume: bool, yes: bool, **options: Any) -> None:
    """Find out what to deploy, and hand it to a process that runs in a clean clone of the commit."""
    from pymacaron_docker.pipeline.checkout import commit_of, hand_over
    from pymacaron_docker.pipeline.resuming import resumed

    if options["commit"] and options["branch"]:
        raise click.UsageError("name a commit or a branch, not both")
    wanted = order_of(commit_of(context.root, options["commit"], options["branch"]), resume, options)
    if resume:
        found = resumed(context, wanted)
        if found is None:
            click.echo("nothing to resume: the last deploy came to its end", err=True)
            return
        wanted = found
    else:
        warn(context.root, asks=sys.stdin.isatty() and not yes)
    hand_over(context.root, wanted, shared_options(context), ["--json"] if as_json else [], plan)


def shared_options(context: Context) -> list[str]:
    """Return the options of `pym` without the folder, as they were given."""
    return [*(["--env", context.env] if context.env else []), *(["--debug"] if context.debug else [])]


def warn(root: Path, *, asks: bool) -> None:
    """Tell of what is here and is not deployed; raises DeployError where somebody who is asked does not want that."""
    from pymacaron.exceptions import DeployError
    from pymacaron_docker.pipeline.checkout import is_dirty, unknown_files

    if unknown := unknown_files(root):
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        click.echo(f"Warning: git does not know {', '.join(unknown[:3])}{more}: not deployed", err=True)
    if is_dirty(root):
        click.echo("Warning: uncommitted changes are not deployed", err=True)
        if asks and not click.confirm("Deploy what is committed?"):
            raise DeployError("nothing was deployed: commit the changes first")


def order_of(commit: str, resume: bool, options: dict[str, Any]) -> Order:
    """Return the options as an order."""
    from pymacaron_docker.pipeline.run import Order

    return Order(
        commit=commit,
        version=options["version"] or "",
        resume=resume,
        test=not options["no_test"],
        unittest=not options["no_unittest"],
        force_build=options["force_build"],
        push=not options["no_push"],
        deploy=not options["no_deploy"],
        allow_breaking=options["allow_breaking"],
        bake=options["bake"],
        with_downtime=options["with_downtime"],
    )


def carry_out(context: Context, handed: Handed, as_json: bool) -> None:
    """Deploy what was handed over, or tell the plan; the clone goes in the end."""
    from pymacaron.exceptions import DeployError
    from pymacaron_docker.cli.interrupts import terminated_as_interrupt
    from pymacaron_docker.pipeline.progress import progress

    shown = progress(as_json)
    try:
        with terminated_as_interrupt(), context.service("required") as service:
            sentence = deployed(service, handed, shown)
    except KeyboardInterrupt:
        sentence = "it was interrupted: type 'pym deploy --resume' to go on"
        shown.outcome({"status": "failed", "reason": sentence})
    except PyMacaronException as error:
        shown.outcome({"status": "failed", "reason": str(error)})
        raise
    finally:
        with suppress(OSError):
            shutil.rmtree(handed.clone)
    if sentence:
        raise DeployError(sentence)


def deployed(service: Service, handed: Handed, shown: Progress) -> str:
    """Deploy, or tell the plan, and return what to say where the release is not live."""
    from pymacaron.deploy.emulators import emulation_folder
    from pymacaron_docker.pipeline.checkout import bring_wheels
    from pymacaron_docker.pipeline.deploying import deploy as deploy_release
    from pymacaron_docker.pipeline.planning import tell_plan
    from pymacaron_docker.pipeline.run import Run, checked_version

    order = replace(handed.order, version=checked_version(handed.order.version or service.version))
    bring_wheels(service.root, service.config.get("docker_wheels"), Path(handed.home))
    run = Run(service, Path(handed.home), order, shown, checkout_seconds=handed.seconds)
    if emulation := emulation_folder():
        shown.say(f"rehearsal: {emulation.name} is emulated on this machine, and no account is reached")
    if handed.plan:
        tell_plan(run)
        return ""
    outcome = deploy_release(run)
    return "" if outcome.status == "live" else failure(run.release_id, outcome)


def failure(release: str, outcome: DeployOutcome) -> str:
    """Return the cause in one sentence, with the next command to type."""
    from pymacaron_docker.pipeline.recovery import INTERRUPTED
    from pymacaron_docker.pipeline.steps import STEPS

    cause = f"{outcome.step}: {outcome.reason.partition(chr(10))[0]}"
    if outcome.status == "rolled back":
        return f"{cause}; {outcome.live} is proven live again: mend it, then type 'pym deploy'"
    if outcome.live == release:
        return f"{cause}; {release} stays live, as there is no earlier one: mend it, then type 'pym deploy'"
    discarded = any(step.name == outcome.step and step.on_failure != "stop" for step in STEPS)
    if "type 'pym" in cause:
        return cause
    if outcome.reason.startswith(INTERRUPTED):
        return f"{cause}: type 'pym deploy --resume' to go on from there"
    if not discarded:
        return f"{cause}: type 'pym deploy' for another commit, 'pym deploy --resume' to go on with this one"
    return f"{cause}; {release} never had traffic: mend it, then type 'pym deploy'"


@deploy.command()
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.pass_context
def unlock(ctx: click.Context, yes: bool) -> None:
    """Take the lock away from a deploy that died."""
    from pymacaron_docker.pipeline.commands import opened
    from pymacaron_docker.pipeline.lockkeeper import described

    with opened(ctx.find_object(Context) or Context()) as here:
        lock = here.target.observe().lock
        if lock is None:
            click.echo(f"nobody holds the lock of {here.environment.label}")
            return
        click.echo(described(lock))
        if not yes:
            click.confirm("Take it away?", abort=True)
        here.target.unlock(None)
        click.echo("it is free")


def main() -> None:
    """Run `pym deploy` under the name that it had: pymdeploy."""
    from pymacaron.cli import main as pym

    sys.argv.insert(1, "deploy")
    pym()


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--push", is_flag=True)
@click.option("--deploy", "live", is_flag=True)
@click.argument("others", nargs=-1, type=click.UNPROCESSED)
def _pipeline(push: bool, live: bool, others: tuple[str, ...]) -> None:
    """Translate the options of PyMacaron 1, which did neither unless told to."""
    from pymacaron.cli import main as pym

    wanted = [*([] if push else ["--no-push"]), *([] if live else ["--no-deploy"])]
    sys.argv[1:] = ["deploy", *wanted, *others]
    pym()


def deploy_pipeline() -> None:
    """Run `pym deploy` as deploy_pipeline did: `--push --deploy`, and less without them."""
    _pipeline(prog_name="deploy_pipeline")
