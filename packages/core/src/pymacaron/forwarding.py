"""Names of PyMacaron 2 that a plugin brings now, imported when they are first asked for."""

from __future__ import annotations

import importlib
from collections.abc import Collection
from typing import Any

from pymacaron.exceptions import PluginError

__all__ = ["forwarded"]


def forwarded(module: str, name: str, names: Collection[str], home: str) -> Any:
    """Return what a module forwards; raises PluginError, with what to install, where that is missing."""
    if name not in names:
        raise AttributeError(f"module '{module}' has no attribute '{name}'")
    try:
        found = importlib.import_module(home)
    except ModuleNotFoundError as error:
        if error.name != home:
            raise
        distribution = home.replace("_", "-")
        raise PluginError(f"{module}.{name} comes with {distribution}: pip install '{distribution}>=3'") from None
    return getattr(found, name)
