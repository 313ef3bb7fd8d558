"""`pym emulate`: a cloud on this machine, for as long as a command runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pymacaron.cli.context import Context
from pymacaron.exceptions import ConfigError, StartError
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from pymacaron.deploy import Emulator
    from pymacaron.service import Service

__all__ = ["emulate"]


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("target")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option("--delay", type=float, default=0.5, show_default=True, help="Seconds that each state takes.")
@click.option("--patience", type=float, default=60, show_default=True, help="Seconds until a release must be healthy.")
@click.option("--setup", is_flag=True, help="Make what a deploy wants of the account, before COMMAND runs.")
@click.pass_obj
def emulate(
    context: Context, target: str, command: tuple[str, ...], delay: float, patience: float, setup: bool
) -> None:
    """Emulate the cloud of a deploy TARGET on this machine while COMMAND runs, and lead its calls there.

    Releases run as containers of this machine's Docker engine. Nothing is kept. Without COMMAND, the variables are
    printed that lead there, and the emulators run until they are interrupted. Options stand before TARGET.
    """
    with context.service() as service:
        emulator = _emulator(service, target)
        with _emulated(service, emulator, delay, patience) as environment:
            if setup:
                _set_up(context, emulator, environment)
            code = _run(command, environment) if command else _wait(environment)
    sys.exit(128 - code if code < 0 else code)


def _emulator(service: Service, target: str) -> Emulator:
    found = service.hooks.emulators()
    if target not in found:
        raise ConfigError(
            f"nobody emulates '{target}'{did_you_mean(target, found)}: install the plugin, or choose among "
            f"{', '.join(found)}"
        )
    return found[target]


@contextmanager
def _emulated(service: Service, emulator: Emulator, delay: float, patience: float) -> Iterator[dict[str, str]]:
    """Give the variables that lead to an emulator while it runs."""
    from pymacaron.deploy import Emulation
    from pymacaron.deploy.emulators import EMULATION

    with tempfile.TemporaryDirectory(prefix="pymacaron-emulation-") as folder:
        own = Path(folder, emulator.name)
        own.mkdir()
        with emulator.run(Emulation(service, delay, patience)) as variables:
            yield {**variables, EMULATION: str(own)}


def _set_up(context: Context, emulator: Emulator, environment: Mapping[str, str]) -> None:
    shared = ["--root", str(context.root), *(["--env", context.env] if context.env else [])]
    for words in emulator.setup:
        command = [sys.executable, "-m", "pymacaron", *shared, *words]
        # What COMMAND prints stays alone on stdout, as a program may read it.
        if subprocess.run(command, env=os.environ | environment, stdout=sys.stderr, check=False).returncode:
            raise StartError(f"'pym {' '.join(words)}' failed in the emulated {emulator.name}: mend what it says above")


def _run(command: tuple[str, ...], environment: Mapping[str, str]) -> int:
    command = command[1:] if command[0] == "--" else command
    try:
        process = subprocess.Popen(command, env=os.environ | environment)
    except OSError as error:
        raise StartError(f"{command[0]} cannot be run: {error.strerror}") from error
    # The command ends as it likes, and the emulators after it. A terminal sends its Ctrl-C to both by itself.
    passed_on = [signal.SIGTERM] if sys.stdin.isatty() else [signal.SIGTERM, signal.SIGINT]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda given, frame: process.send_signal(given) if given in passed_on else None)
    return process.wait()


def _wait(environment: Mapping[str, str]) -> int:
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *received: stopped.set())
    for name, value in environment.items():
        click.echo(f"export {name}={value}")
    click.echo(f"Emulating until interrupted (process {os.getpid()}).", err=True)
    stopped.wait()
    return 0
