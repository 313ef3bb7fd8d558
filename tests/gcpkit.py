"""What tests of Cloud Run share: containers inside this process, targets of a service of files, releases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cloudkit import Answers, nothing, written_config
from pymacaron.deploy import DeployTarget, Environment, Image, Release, Target
from pymacaron_gcp.calls import CALLS
from pymacaron_gcp.client import Gcp
from pymacaron_gcp.cloudrun import CloudRunTarget, opened
from pymacaron_testing.emulators.cloudrun import CloudRun, Command, Running

PROJECT, REGION = "rehearsal", "europe-west1"
SECRET, STAGING_SECRET = "secret-of-the-shop", "secret-of-staging"
SECRETS: dict[str, Any] = {"env_secrets": ["SHOP_KEY"], "shop_api_key": "SHOP_KEY"}

ROUND = sorted(
    {call.name for call in CALLS.values() if call.name.startswith("run.")} - {"run.services.delete", "run.jobs.run"}
)
"""The calls of a deploy that may be repeated."""


@dataclass
class LocalContainers:
    """Containers inside this process, which answer with their variables.

    Images called crashing end at once, unready ones are never ready. Commands do what their last word says: `pass` ends
    well, `wait` runs until `release` is set, all else fails and prints PYM_RELEASE.
    """

    commands: list[Command] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    running: int = 0

    def start(self, command: Command) -> Running:
        self.commands.append(command)
        if "crashing" in command.image:
            return _ended(1, ["out of order"])
        if command.command:
            return self._command(command)
        server = Answers(command.variables, unready="unready" in command.image)
        self.running += 1

        def stop() -> None:
            server.stop()
            self.running -= 1

        return Running(server.port, lambda: _lines([f"{command.image} serves"]), lambda: None, _never, stop)

    def _command(self, command: Command) -> Running:
        if command.command[-1] == "wait":
            wait = lambda: 0 if self.release.wait(30) else 1  # noqa: E731
            return Running(0, lambda: _lines(["waits"]), lambda: None, wait, lambda: None)
        if command.command[-1] == "pass":
            return _ended(0, ["done"])
        return _ended(1, [f"it is {command.variables.get('PYM_RELEASE')}"])


def _ended(code: int, lines: list[str]) -> Running:
    return Running(0 if code == 0 else 9, lambda: _lines(lines), lambda: code, lambda: code, lambda: None)


def _lines(texts: list[str]) -> list[str]:
    return [f"{datetime.now(UTC).isoformat()} {text}" for text in texts]


def _never() -> int:
    raise AssertionError("a server does not end")


def prepare(emulator: CloudRun) -> CloudRun:
    """Have in the project what a deploy needs."""
    project = emulator.project
    project.apis = {
        f"{api}.googleapis.com"
        for api in ("run", "artifactregistry", "secretmanager", "logging", "iam", "cloudresourcemanager")
    }
    project.repositories = {f"projects/{PROJECT}/locations/{REGION}/repositories/pymacaron"}
    project.secrets = {"shop-live-SHOP_KEY": ["an older one", SECRET], "shop-staging-SHOP_KEY": [STAGING_SECRET]}
    return emulator


def environment_of(
    folder: Path, name: str = "live", roles: Mapping[str, tuple[str, ...]] | None = None, **settings: Any
) -> Environment:
    told: list[str] = []
    return Environment("shop", name, folder, config_of(folder, **settings), roles or {}, tell=told.append)


def target_of(folder: Path, roles: Mapping[str, tuple[str, ...]] | None = None, **settings: Any) -> CloudRunTarget:
    return CloudRunTarget(environment_of(folder, "live", roles, **settings))


def config_of(folder: Path, **settings: Any) -> Any:
    place = {"gcp_project": PROJECT, "gcp_region": REGION, "gcp_deploy_timeout": 60, "gcp_canary_seconds": 0}
    return written_config(folder, {**place, **settings})


def release(name: str, image: str = "shop", reference: str = "") -> Release:
    made = Image(reference or f"repo/{image}:{name}", "sha256:0", "0123abc")
    return Release(name, f"{name}-{image}", "0123abc", made, "shop-live")


def deploy(target: Target, one: Release) -> str:
    target.stage(one)
    return target.promote(one, nothing)


def die_at(patched: pytest.MonkeyPatch, number: int) -> None:
    """Let the process end right after its call of a number was done."""
    original: Callable[..., Any] = Gcp.call
    count = iter(range(1, 10_000))

    def call(self: Gcp, service: str, operation: str, /, **parameters: Any) -> Any:
        answer = original(self, service, operation, **parameters)
        if next(count) >= number:
            raise SystemExit(9)
        return answer

    patched.setattr(Gcp, "call", call)


class Place:
    """A project with nothing deployed, for the contract suite of deploy targets."""

    secret = SECRET

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.kind = DeployTarget("gcp-cloud-run", opened)
        self.environment = environment_of(folder, gcp_deploy_timeout=60, **SECRETS, **settings)

    def release(self, name: str) -> Release:
        """Return one that serves."""
        return release(name)

    def crashing(self, name: str) -> Release:
        """Return one that ends."""
        return release(name, "crashing")

    def unready(self, name: str) -> Release:
        """Return one that is never ready."""
        return release(name, "unready")
