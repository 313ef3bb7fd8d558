"""What the emulator of Elastic Beanstalk knows: applications, their versions, environments and events."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pymacaron_testing.emulators.beanstalk.machines import Running
from pymacaron_testing.emulators.beanstalk.wire import Refusal
from pymacaron_testing.emulators.proxy import Address, Upstream

__all__ = ["ACCOUNT", "REGION", "Application", "Environment", "Event", "State", "Version", "now"]

REGION = "eu-west-1"
ACCOUNT = "123456789012"
Options = dict[tuple[str, str], str]


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def arn(kind: str, name: str) -> str:
    """Return the ARN of an application, a version or an environment."""
    return f"arn:aws:elasticbeanstalk:{REGION}:{ACCOUNT}:{kind}/{name}"


@dataclass
class Application:
    """An application."""

    name: str
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=now)

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn("application", self.name)


@dataclass
class Version:
    """A version of an application: where its source bundle is, and how far it was processed."""

    application: str
    label: str
    bucket: str
    key: str
    description: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=now)
    status: str = "Unprocessed"

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn("applicationversion", f"{self.application}/{self.label}")


@dataclass
class Environment:
    """An environment; `prefix` is the name that it owns under elasticbeanstalk.com, `running` what its machine runs.

    `started` is the version that its machine was started with last: another than `version` where an update failed.
    `shown` are colours that the next looks at its health find, whatever it is. `instances` is how many it is said to
    have: each has the log of the one machine, and collects it a delay after the one before.
    """

    application: str
    name: str
    version: str
    prefix: str
    platform: str
    options: Options
    tags: dict[str, str]
    endpoint: Address
    status: str = "Launching"
    health: str = "Grey"
    causes: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    instances: int = 1
    running: Running | None = None
    started: str = ""
    upstream: Upstream | None = None
    sampled: datetime | None = None
    created: datetime = field(default_factory=now)
    updated: datetime = field(default_factory=now)
    id: str = field(default_factory=lambda: f"e-{uuid.uuid4().hex[:10]}")

    @property
    def arn(self) -> str:
        """Its ARN."""
        return arn("environment", f"{self.application}/{self.name}")

    @property
    def exists(self) -> bool:
        """Whether it was not terminated."""
        return self.status != "Terminated"


@dataclass(frozen=True)
class Event:
    """What happened; `request` is the id of the request that caused it."""

    message: str
    severity: str
    application: str
    environment: str
    version: str
    request: str
    date: datetime = field(default_factory=now)


@dataclass
class State:
    """All of it, behind one lock; `addresses` are the names under elasticbeanstalk.com, of which others own `taken`."""

    applications: dict[str, Application] = field(default_factory=dict)
    versions: dict[tuple[str, str], Version] = field(default_factory=dict)
    environments: list[Environment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    addresses: dict[str, Address] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)
    url: str = ""
    lock: threading.RLock = field(default_factory=threading.RLock)

    def environment(self, name: str | None, id: str | None = None) -> Environment:  # noqa: A002 - its name
        """Return the environment that exists by a name or an id; raises Refusal."""
        for one in reversed(self.environments):
            if one.exists and ((name and one.name == name) or (id and one.id == id)):
                return one
        raise Refusal("InvalidParameterValue", f"No Environment found for EnvironmentName = '{name or id}'.")

    def owner(self, prefix: str) -> Environment | None:
        """Return the environment that owns a name."""
        return next((one for one in self.environments if one.exists and one.prefix == prefix), None)

    def upstream(self, prefix: str) -> Upstream | None:
        """Return what serves the owner of a name."""
        owner = self.owner(prefix)
        return owner.upstream if owner else None

    def address(self, prefix: str) -> str:
        """Return the address that stands for a name; it stays the same, whoever owns it."""
        if prefix not in self.addresses:
            self.addresses[prefix] = Address(lambda: self.upstream(prefix))
        return self.addresses[prefix].name

    def publish(self, text: str) -> str:
        """Return a URL of this emulator by which anybody can read a text."""
        path = f"/{uuid.uuid4().hex}"
        self.texts[path] = text
        return self.url + path

    def tell(self, environment: Environment, request: str, message: str, severity: str = "INFO") -> None:
        """Add an event of an environment."""
        with self.lock:
            self.events.append(
                Event(message, severity, environment.application, environment.name, environment.version, request)
            )
