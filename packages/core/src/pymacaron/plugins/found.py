"""Where plugins come from: core's own tuple, installed entry points, and modules of the service."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Literal

from pymacaron.plugins.builtin import BUILT_IN
from pymacaron.plugins.markers import PROJECT
from pymacaron.version import __version__

__all__ = ["Candidate", "candidates"]


@dataclass(frozen=True)
class Candidate:
    """A plugin that is known by name and not imported yet."""

    name: str
    distribution: str
    version: str
    origin: Literal["built-in", "entry point", "local"]
    load: Callable[[], object]


def candidates(local: Sequence[str]) -> Iterator[Candidate]:
    """Yield core's own plugins, then installed ones in the order of their names, then the service's modules."""
    for module in BUILT_IN:
        yield Candidate(module, PROJECT, __version__, "built-in", _importer(module))
    for entry in sorted(entry_points(group=PROJECT), key=lambda entry: (entry.name, entry.value)):
        yield _installed(entry)
    for module in local:
        yield Candidate(module, "this service", "", "local", _importer(module))


def _installed(entry: EntryPoint) -> Candidate:
    distribution = entry.dist
    name, version = (distribution.name, distribution.version) if distribution else ("unknown distribution", "")
    return Candidate(entry.name, name, version, "entry point", entry.load)


def _importer(module: str) -> Callable[[], ModuleType]:
    return lambda: importlib.import_module(module)
