"""How the things of a release are called in an account, so that each can be found again without a journal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from pymacaron.deploy import Environment, Release

__all__ = [
    "PROMOTED",
    "RUN",
    "Stored",
    "bundle_key",
    "environment_name",
    "lock_key",
    "secret_name",
    "stored",
    "tag_list",
    "version_label",
]

TAG = "pymacaron:"
PROMOTED = f"{TAG}promoted"
RUN = "-run"
"""How the label of a version ends that only runs a command."""


@dataclass(frozen=True)
class Stored:
    """A release as its application version tells it.

    `label` is that of the version, `environment` that of the environment ("shop-live"), and `promoted` is when it last
    became live (UTC), None if never.
    """

    id: str
    version: str
    commit: str
    image: str
    label: str
    environment: str
    arn: str = ""
    since: datetime | None = None
    promoted: datetime | None = None

    @classmethod
    def of(cls, release: Release, environment: Environment) -> Stored:
        """Make the record of a release that is to be stored."""
        image = release.image.digest or release.image.reference
        label = version_label(environment.label, release.id)
        return cls(release.id, release.version, release.commit, image, label, environment.label)

    @property
    def tags(self) -> dict[str, str]:
        """The tags of its application version and of its environment."""
        return {
            f"{TAG}environment": self.environment,
            f"{TAG}release": self.id,
            f"{TAG}version": self.version,
            f"{TAG}commit": self.commit,
            f"{TAG}image": self.image,
        }

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of every process of the release."""
        return {"PYM_ENV": self.environment, "PYM_RELEASE": self.id, "PYM_VERSION": self.version}


def stored(version: Mapping[str, object], tags: Mapping[str, str]) -> Stored | None:
    """Read a release from a description of an application version and its tags; None for a version of somebody else."""
    if f"{TAG}release" not in tags:
        return None
    promoted, since = tags.get(PROMOTED), version["DateCreated"]
    release, number, commit, image = (tags.get(TAG + key, "") for key in ("release", "version", "commit", "image"))
    return Stored(
        release,
        number,
        commit,
        image,
        label=str(version["VersionLabel"]),
        environment=tags.get(f"{TAG}environment", ""),
        arn=str(version["ApplicationVersionArn"]),
        since=since if isinstance(since, datetime) else None,
        promoted=datetime.fromisoformat(promoted) if promoted else None,
    )


def environment_name(label: str, release: str, purpose: str = "") -> str:
    """Return the name of the environment of a release: 4 to 40 letters, digits and hyphens, the same at every call."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", label)[:30].strip("-")
    digest = hashlib.sha256(f"{label}/{release}/{purpose}".encode()).hexdigest()
    return f"{stem}-{digest[:8]}"


def version_label(environment: str, release: str) -> str:
    """Return the label of the application version of a release: at most 100 characters, without a slash."""
    return f"{environment}-{release}"[:100].replace("/", "-")


def bundle_key(service: str, label: str) -> str:
    """Return the key of a source bundle in its bucket."""
    return f"pymacaron/{service}/bundles/{label}.zip"


def lock_key(environment: Environment) -> str:
    """Return the key of the lock of an environment."""
    return f"pymacaron/{environment.service}/locks/{environment.name}.json"


def secret_name(environment: Environment, variable: str) -> str:
    """Return the name under which a secret is looked up in Secrets Manager."""
    return f"{environment.label}/{variable}"


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as the calls take them."""
    return [{"Key": key, "Value": value} for key, value in tags.items() if value]
