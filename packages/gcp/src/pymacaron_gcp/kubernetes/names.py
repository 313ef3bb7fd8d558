"""How the things of an environment are called in a cluster: names of its places, within the lengths of DNS."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from pymacaron.deploy import Environment
from pymacaron.exceptions import ConfigError

__all__ = ["Place", "Places", "fitting", "places_of"]

LONGEST = 40


@dataclass(frozen=True)
class Place:
    """Where releases run: `name` is that of its objects, `variable` what PYM_ENV is there."""

    name: str
    variable: str


@dataclass(frozen=True)
class Places:
    """The two places of an environment."""

    live: Place
    staging: Place

    @property
    def lock(self) -> str:
        """The name of the Lease."""
        return f"{self.live.name}-lock"

    def worker(self, role: str) -> str:
        """Return the name of the Deployment of a background process."""
        return fitting(f"{self.live.name}-{role}", LONGEST + 6)

    def run(self, release: str, command: tuple[str, ...]) -> str:
        """Return the name of the pod that runs a command of a release: the same for the same, to be found again."""
        return f"{self.live.name}-run-{_digest(chr(0).join((release, *command)))}"


def places_of(environment: Environment) -> Places:
    """Return the places of an environment: `shop-live` and `shop-staging`, `shop-test` and `shop-staging-test`.

    Raises ConfigError for an environment called "staging", whose names those of "live" need.
    """
    if environment.name == "staging":
        raise ConfigError("'staging' is where releases of 'live' are tested: give the environment another name")
    ending = "" if environment.name == "live" else f"-{environment.name}"
    staging = f"{environment.service}-staging{ending}"
    return Places(_place(environment.label), _place(staging))


def _place(label: str) -> Place:
    return Place(fitting(label, LONGEST), label)


def fitting(text: str, longest: int) -> str:
    """Return a text as it is where DNS takes it, else one that it takes and that differs from all others."""
    slug = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    slug = slug if slug[:1].isalpha() else f"s-{slug}"
    return slug if slug == text and len(slug) <= longest else f"{slug[: longest - 9].strip('-')}-{_digest(text)}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
