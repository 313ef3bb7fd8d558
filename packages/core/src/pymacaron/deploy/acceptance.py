"""Acceptance: the tests of a service against a URL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pymacaron.deploy.releases import Environment

__all__ = ["Acceptance", "AcceptanceRunner", "Accepted"]


@dataclass(frozen=True)
class Acceptance:
    """What is tested: the service at `url`, by the tests in `environment.root`.

    `headers` gives what each request needs beside its own headers, at the moment that it is sent, as `Guarded` has it.
    """

    environment: Environment
    url: str
    headers: Callable[[], Mapping[str, str]] = dict


@dataclass(frozen=True)
class Accepted:
    """What the tests say: `summary` is one sentence, `details` the lines that somebody needs who mends it."""

    passed: bool
    summary: str
    details: str = ""


@dataclass(frozen=True)
class AcceptanceRunner:
    """Who runs acceptance tests; several run one after the other, and all must pass."""

    name: str
    run: Callable[[Acceptance], Accepted]
