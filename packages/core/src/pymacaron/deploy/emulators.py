"""Emulators: the clouds of deploy targets on this machine, for rehearsals."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron.exceptions import DeployError

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["EMULATION", "REGISTRY", "Emulation", "Emulator", "emulation_folder"]

EMULATION = "PYM_EMULATION"
"""The variable by which a process knows that its cloud is emulated: a folder of the emulation, named as the target."""

REGISTRY = "PYM_EMULATED_REGISTRY"
"""The variable that names the registry which images are pushed to instead of `docker_registry`: its host and port."""


@dataclass(frozen=True)
class Emulation:
    """What an emulator is run for.

    `delay` is how many seconds each change of the cloud takes, `patience` within how many a release must be healthy.
    """

    service: Service
    delay: float
    patience: float


@dataclass(frozen=True)
class Emulator:
    """A cloud on this machine, by the name of the deploy target that it stands for.

    `run` emulates until its context is left, and gives the variables that lead a process there and nowhere else; with
    `REGISTRY` among them images are pushed to that registry, and without it nowhere. It raises StartError where
    something is missing. `setup` are commands of `pym` that make what a deploy wants of an account in which nothing is.
    """

    name: str
    run: Callable[[Emulation], AbstractContextManager[Mapping[str, str]]]
    setup: tuple[tuple[str, ...], ...] = ()


def emulation_folder() -> Path | None:
    """Return the folder of the emulation in which this process runs, None for a process that reaches the real world.

    Raises DeployError for an emulation that is over.
    """
    named = os.environ.get(EMULATION)
    if not named:
        return None
    if not Path(named).is_dir():
        raise DeployError(f"the emulation of {Path(named).name} that {EMULATION} leads to is over: unset {EMULATION}")
    return Path(named)
