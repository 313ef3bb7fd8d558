"""The frozen records that plugins return from hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ApiDocument", "Check", "ConfigSection"]


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
