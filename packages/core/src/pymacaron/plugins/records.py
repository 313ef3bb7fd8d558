"""The frozen records that plugins return from hooks, and the one that tells of a plugin itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["ApiDocument", "Check", "ConfigSection", "Plugin"]


@dataclass(frozen=True)
class ConfigSection:
    """A pydantic model whose fields are flat keys of pym-config.yaml; `model` is "module:Class", imported when used."""

    name: str
    model: str


@dataclass(frozen=True)
class Check:
    """One line of `pym doctor`: `run` returns None where all is well, else one sentence with the next step."""

    name: str
    run: Callable[[], str | None]


@dataclass(frozen=True)
class ApiDocument:
    """An OpenAPI document that a plugin brings, with the handlers that its operations bind."""

    name: str
    path: Path


@dataclass(frozen=True)
class Plugin:
    """A plugin as `pym plugins` lists it; `reason` says why it is broken or missing, and what to do."""

    name: str
    distribution: str
    version: str
    origin: Literal["built-in", "entry point", "local"]
    status: Literal["active", "disabled", "broken", "missing"]
    hooks: tuple[str, ...] = ()
    config_sections: tuple[str, ...] = ()
    reason: str = ""

    def __str__(self) -> str:
        return f"plugin '{self.name}' ({self.distribution} {self.version})".replace(" )", ")")
