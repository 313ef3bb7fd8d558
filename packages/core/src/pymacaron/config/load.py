"""From the file that was read to the configuration of a service: secrets, sections, and every problem at once."""

from __future__ import annotations

import difflib
import logging
import os
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pymacaron.config.config import RESERVED, Config
from pymacaron.config.files import ConfigFile, tell_of_label
from pymacaron.config.secrets import SecretsMode, resolve_secrets
from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from pymacaron.plugins.records import ConfigSection

__all__ = ["load_config"]

log = logging.getLogger(__name__)

_SIMILAR = 0.75
_told: set[tuple[Path, str]] = set()


def load_config(
    file: ConfigFile,
    sections: Iterable[ConfigSection],
    environ: Mapping[str, str] = os.environ,
    *,
    secrets: SecretsMode = "required",
) -> Config:
    """Return the configuration that a file holds, checked against the sections of all plugins.

    Raises ConfigError with a sentence for each thing that is wrong, and PluginError for sections that cannot be loaded.
    With secrets="ignored" no secret is read; a key that needs one raises ConfigError when it is read.
    """
    from pymacaron.config.sections import fill, models_by_key

    tell_of_label(file, environ)
    models = models_by_key(sections, RESERVED)
    warnings = _oddities(file, models)
    for warning in warnings:
        if (file.path, warning) not in _told:  # a command reads the file for its plugins, then for the service
            _told.add((file.path, warning))
            log.warning("%s", warning)
    resolved = resolve_secrets(file, environ, secrets)
    filled, problems = fill(dict.fromkeys(models.values()), resolved)
    if resolved.problems or problems:
        raise ConfigError(*sorted([*resolved.problems, *problems], key=_place))
    return Config(resolved, models, filled, warnings)


def _place(problem: str) -> tuple[int, str]:
    line = re.search(r":(\d+): ", problem)
    return int(line[1]) if line else 0, problem


def _oddities(file: ConfigFile, known: Iterable[str]) -> list[str]:
    told = []
    for key in file.data:
        if key in RESERVED or key.startswith("_"):
            told.append(
                f"{file.place(key)}: '{key}' cannot be read as an attribute, the configuration uses the name itself: "
                f"read it with config.get('{key}')"
            )
        elif key not in known and (near := difflib.get_close_matches(key, known, n=1, cutoff=_SIMILAR)):
            told.append(
                f"{file.place(key)}: '{key}' is not a setting of PyMacaron (did you mean '{near[0]}'?): "
                "it is kept as a key of your own"
            )
    return told
