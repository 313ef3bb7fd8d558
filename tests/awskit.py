"""What tests of pymacaron-aws share: machines inside this process, targets of a service of files, releases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloudkit import Answers, written_config
from cloudkit import Load as Load
from cloudkit import get as get
from cloudkit import nothing as nothing
from pymacaron.deploy import Environment, Image, Release
from pymacaron_aws.beanstalk import BeanstalkTarget
from pymacaron_testing.emulators.aws import AwsEmulators
from pymacaron_testing.emulators.beanstalk import Bundle, LaunchError, Running


@dataclass
class Machines:
    """Machines that answer with their variables; images called broken do not start, and sick ones are never ready."""

    bundles: list[Bundle] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=lambda: ["web-1  | started", "web-1  | ready", "worker-1  | waits"])
    failures: int = 0

    def start(self, bundle: Bundle) -> Running:
        self.bundles.append(bundle)
        image = bundle.services["web"]["image"]
        self.failures -= 1
        if "broken" in image or self.failures >= 0:
            raise LaunchError("the process ended with 1\nImportError: no module named shop")
        server = Answers(bundle.variables, unready="sick" in image)
        self.running.append(bundle.environment)

        def stop() -> None:
            server.stop()
            self.running.remove(bundle.environment)

        return Running(server.port, lambda: "\n".join(self.lines), stop)


def prepare(emulators: AwsEmulators) -> None:
    beanstalk = emulators.client("elasticbeanstalk")
    beanstalk.create_application(ApplicationName="shop")
    beanstalk.create_storage_location()


Open = Callable[..., Any]


def target_of(
    folder: Path, name: str = "live", roles: Mapping[str, tuple[str, ...]] | None = None, **settings: Any
) -> Any:
    told: list[str] = []
    environment = Environment("shop", name, folder, config_of(folder, **settings), roles or {}, tell=told.append)
    target = BeanstalkTarget(environment)
    vars(target)["told"] = told
    return target


def config_of(folder: Path, **settings: Any) -> Any:
    return written_config(folder, {"aws_user": "shop-deployer", "aws_timeout_minutes": 1, **settings})


def release(name: str, image: str = "shop", environment: str = "shop-live") -> Release:
    return Release(name, name, "0123abc", Image(f"repo/{image}:{name}", "sha256:0", "0123abc"), environment)


def states(target: Any) -> dict[str, str]:
    """Return the state of each release."""
    return {one.id: one.state for one in target.observe().releases}
