"""An OpenAPI document as one frozen record, whatever its version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymacaron.spec.operation import Operation
from pymacaron.spec.place import Place, Problem
from pymacaron.spec.schema import Dialect, Schema

__all__ = ["Document", "SecurityDefinition"]


@dataclass(frozen=True, slots=True)
class SecurityDefinition:
    """One security scheme: `type` in OpenAPI 3's words (http, apiKey, oauth2, openIdConnect, mutualTLS)."""

    name: str
    place: Place
    type: str
    scheme: str | None = None
    location: str | None = None
    parameter: str | None = None
    definition: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """One API: `name` is the stem of its file, `version` as written ("2.0", "3.0.3"), `problems` hold its warnings."""

    name: str
    path: Path
    version: str
    dialect: Dialect
    title: str
    operations: tuple[Operation, ...]
    schemas: Mapping[str, Schema]
    security_definitions: Mapping[str, SecurityDefinition]
    base_paths: tuple[str, ...] = ("",)
    files: tuple[Path, ...] = ()
    problems: tuple[Problem, ...] = ()
    defaults: tuple[Schema, ...] = ()
    """The schemas of which it takes a validator to tell whether their defaults fit."""
    extensions: Mapping[str, Any] = field(default_factory=dict)
