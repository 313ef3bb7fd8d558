"""What a deploy is made of: the records that commands, image builders and deploy targets hand to each other."""

from __future__ import annotations

from pymacaron.deploy.acceptance import Acceptance, AcceptanceRunner, Accepted
from pymacaron.deploy.emulators import Emulation, Emulator
from pymacaron.deploy.images import (
    Image,
    ImageBuilder,
    ImageBuilding,
    ImageContext,
    ImageStep,
    Phase,
    Registry,
    Started,
)
from pymacaron.deploy.releases import DeployOutcome, Environment, Release
from pymacaron.deploy.targets import Deployed, DeployTarget, Guarded, InPlace, Lock, Observation, State, Target

__all__ = [
    "Acceptance",
    "AcceptanceRunner",
    "Accepted",
    "DeployOutcome",
    "DeployTarget",
    "Deployed",
    "Emulation",
    "Emulator",
    "Environment",
    "Guarded",
    "Image",
    "ImageBuilder",
    "ImageBuilding",
    "ImageContext",
    "ImageStep",
    "InPlace",
    "Lock",
    "Observation",
    "Phase",
    "Registry",
    "Release",
    "Started",
    "State",
    "Target",
]
