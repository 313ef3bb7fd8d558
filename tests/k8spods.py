"""Containers of pods inside this process, and what tests of releases in a cluster share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloudkit import Answers
from k8skit import PLUGINS, SECRETS, environment_of
from pymacaron.deploy import Environment, Image, Release
from pymacaron_gcp.kubernetes import KubernetesTarget
from pymacaron_testing.emulators.kubernetes import Kubernetes
from pymacaron_testing.emulators.kubernetes.containers import Command, Running

SECRET = "secret-of-the-shop"
FAST: dict[str, Any] = {
    "docker_registry": "registry.example.com",
    "kubernetes_min_replicas": 1,
    "kubernetes_max_replicas": 1,
    "kubernetes_drain_seconds": 0,
    "kubernetes_start_timeout": 2,
    "kubernetes_deploy_timeout": 60,
    "graceful_timeout": 1,
}


@dataclass
class LocalContainers:
    """Containers inside this process, which answer with their variables.

    Images called crashing print their secret and end at once, unready ones are never ready, gone ones do not exist.
    Commands do what their last word says: `pass` ends well, `work` and `wait` run until they are ended, `die` ends at
    once, and all else fails and prints PYM_RELEASE.
    """

    commands: list[Command] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def user_of(self, image: str) -> str | None:
        return None if "gone" in image else "10001:10001"

    def make_volumes(self, image: str, volumes: Mapping[str, Mapping[str, bytes] | None]) -> None:
        pass

    def remove_volumes(self, names: list[str]) -> None:
        pass

    def start(self, command: Command) -> Running:
        self.commands.append(command)
        if command.args:
            return self._command(command)
        if "crashing" in command.image:
            return _ended(1, f"out of order, the key is {command.variables.get('SHOP_KEY')}")
        return _Serving(command).running

    def _command(self, command: Command) -> Running:
        word = command.args[-1]
        if word in ("wait", "work"):
            return _Working(self.done if word == "wait" else threading.Event(), command).running
        if word == "pass":
            return _ended(0, "done")
        return _ended(1, f"it is {command.variables['PYM_RELEASE']}")


class _Working:
    """A container without a server, which ends when it is told to, or when something is done."""

    def __init__(self, done: threading.Event, command: Command) -> None:
        self._done, self._stopped = done, threading.Event()
        line = f"{command.variables['PYM_RELEASE']} works".encode()
        self.running = Running(
            "local", "127.0.0.1", {}, self._wait, _refuse, lambda options: _log(options, line), self._stop, lambda: None
        )

    def _wait(self) -> tuple[int, bool]:
        while not self._done.wait(0.02) and not self._stopped.is_set():
            pass
        return (143 if self._stopped.is_set() else 0), False

    def _stop(self, grace: float) -> None:
        self._stopped.set()


class _Serving:
    """A container with a server, which drains when it is told to."""

    def __init__(self, command: Command) -> None:
        self._answers = Answers(command.variables, unready="unready" in command.image)
        self._ended = threading.Event()
        line = f"{command.variables['PYM_RELEASE']} serves".encode()
        self.running = Running(
            "local",
            "127.0.0.1",
            dict.fromkeys(command.ports, self._answers.port),
            self._wait,
            self._execute,
            lambda options: _log(options, line),
            self._stop,
            lambda: self._stop(0),
        )

    def _wait(self) -> tuple[int, bool]:
        self._ended.wait()
        return 0, False

    def _execute(self, command: list[str], seconds: float) -> tuple[int, str]:
        assert command[:3] == ["pym", "drain", "--wait"]
        self._answers.drain()
        time.sleep(min(float(command[3]), seconds))
        return 0, ""

    def _stop(self, grace: float) -> None:
        if not self._ended.is_set():
            self._ended.set()
            self._answers.stop()


def _ended(code: int, line: str) -> Running:
    return Running(
        "local",
        "127.0.0.1",
        {},
        lambda: (code, False),
        _refuse,
        lambda options: _log(options, line.encode()),
        lambda grace: None,
        lambda: None,
    )


def _refuse(command: list[str], seconds: float) -> tuple[int, str]:
    return 1, "it has ended"


def _log(options: list[str], line: bytes) -> Iterator[bytes]:
    yield (b"2026-11-21T08:00:00.000000000Z " if "--timestamps" in options else b"") + line + b"\n"


def target_of(
    folder: Path, roles: Mapping[str, tuple[str, ...]] | None = None, is_gke: bool = False, **settings: Any
) -> KubernetesTarget:
    """Open the target of a service."""
    told: list[str] = []
    found = environment_of(folder, "live", roles, **{**FAST, **settings})
    return KubernetesTarget(
        Environment(found.service, found.name, found.root, found.config, found.roles, tell=told.append), is_gke
    )


def prepare(cluster: Kubernetes, name: str = "shop-live") -> Kubernetes:
    """Have in the cluster what a deploy needs."""
    cluster.add_namespace("shop")
    cluster.add_secret("shop", name, {"SHOP_KEY": SECRET})
    return cluster


def release(name: str, image: str = "shop") -> Release:
    """Return a release of an image of LocalContainers."""
    made = Image(f"repo/{image}:{name}", "sha256:0", "0123abc", f"repo/{image}@sha256:{'0' * 63}{len(name)}")
    return Release(name, f"{name}-{image}", "0123abc", made, "shop-live")


def deploy(target: KubernetesTarget, one: Release) -> str:
    """Stage and promote a release."""
    target.stage(one)
    return target.promote(one, lambda url: None)


def states(target: KubernetesTarget) -> dict[str, str]:
    """Return the state of each release, the newest first."""
    return {one.id: one.state for one in target.observe().releases}


class Place:
    """A cluster with nothing deployed, for the contract suite of deploy targets."""

    secret = SECRET

    def __init__(self, folder: Path, kind: str = "kubernetes", **settings: Any) -> None:
        self.kind = PLUGINS.deploy_targets()[kind]
        self.environment = environment_of(folder, **FAST, **SECRETS, **settings)

    def release(self, release: str) -> Release:
        return _made(release, "shop")

    def crashing(self, release: str) -> Release:
        return _made(release, "crashing")

    def unready(self, release: str) -> Release:
        return _made(release, "unready")


_made = release
