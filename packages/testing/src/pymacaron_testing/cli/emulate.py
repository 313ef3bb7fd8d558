"""`pym emulate`: a cloud on this machine, for as long as a command runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping

import click

from pymacaron.cli.context import Context
from pymacaron.exceptions import StartError

__all__ = ["emulate"]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("target", type=click.Choice(["aws-beanstalk"]))
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--delay", type=float, default=0.5, show_default=True, help="Seconds that each state takes.")
@click.option("--patience", type=float, default=60, show_default=True, help="Seconds until a release must be healthy.")
@click.pass_obj
def emulate(context: Context, target: str, command: tuple[str, ...], delay: float, patience: float) -> None:
    """Emulate the cloud of a deploy TARGET on this machine while COMMAND runs, and lead its calls there.

    Releases run as containers of this machine's Docker engine. Nothing is kept. Without COMMAND, the variables are
    printed that lead there, and the emulators run until they are interrupted.
    """
    try:
        from pymacaron_testing.emulators.aws import aws_emulators

        emulators = aws_emulators([profile] if (profile := _profile(context)) else [], delay=delay, patience=patience)
        with emulators as running:
            code = _run(command, os.environ) if command else _wait(running.environment)
    except ImportError as error:
        raise StartError(f"{error.name} is missing: pip install 'pymacaron-testing[aws]'") from error
    sys.exit(code)


def _profile(context: Context) -> str | None:
    profile = context.service().config.get("aws_user")
    return str(profile) if profile else None


def _run(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise StartError(f"{command[0]} cannot be run: {error.strerror}") from error
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)  # the command ends as it likes, and the emulators after it


def _wait(environment: Mapping[str, str]) -> int:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *received: stopped.set())
    for name, value in environment.items():
        click.echo(f"export {name}={value}")
    click.echo(f"Emulating until interrupted (process {os.getpid()}).", err=True)
    stopped.wait()
    return 0
