"""`pym deploy --rehearse`: the same command once more, while the cloud that it deploys to is emulated here."""

from __future__ import annotations

import sys

import click

from pymacaron.cli.context import Context
from pymacaron.deploy.emulators import emulation_folder
from pymacaron.exceptions import DeployError
from pymacaron.service import Service
from pymacaron_docker.pipeline.opening import target_of
from pymacaron_docker.pipeline.outside import run_again_in

__all__ = ["rehearse", "same_options"]


def rehearse(context: Context, shared: list[str], options: list[str]) -> None:
    """Become `pym emulate TARGET pym deploy <the same options>`; nothing happens where that is done already.

    `shared` are options of `pym`, `options` those of `pym deploy`.
    """
    if emulation_folder() is not None:
        return
    with context.service() as service:
        name = emulated_target(service)
    again = [sys.executable, "-m", "pymacaron", *shared, "deploy", *options]
    run_again_in([*shared, "emulate", "--setup", name, "--", *again], {})


def emulated_target(service: Service) -> str:
    """Return the name of the target; raises DeployError where nobody emulates its cloud."""
    name = target_of(service).name
    if name == "docker":
        raise DeployError(
            "a Docker host needs no emulator: rehearse by an --env that deploys to the engine of this machine, whose "
            "docker_hosts are not set"
        )
    found = service.hooks.emulators()
    if name not in found and "emulate" not in service.hooks.commands():
        raise DeployError("a rehearsal needs emulators: type \"pip install 'pymacaron-testing>=3'\"")
    if name not in found:
        raise DeployError(
            f"nobody emulates '{name}', but {', '.join(found) or 'nothing'}: install a plugin that brings an emulator "
            "of it (pym_emulators)"
        )
    return name


def same_options(ctx: click.Context) -> list[str]:
    """Return the options of a command as they were given."""
    given = [(option.opts[0], ctx.params.get(option.name or "")) for option in ctx.command.params]
    words = ([name] if value is True else [name, str(value)] for name, value in given if value not in (None, False))
    return [word for each in words for word in each]
