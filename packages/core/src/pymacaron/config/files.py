"""Which pym-config file a service reads, and what stands in it."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError, SpecError
from pymacaron.text import shown

if TYPE_CHECKING:
    from pymacaron.spec.reader import Source

__all__ = ["PLAIN_FILE", "ConfigFile", "Pointer", "find_config_file", "plugin_settings", "read_config_file"]

log = logging.getLogger(__name__)

PLAIN_FILE = "pym-config.yaml"
Pointer = tuple[str | int, ...]
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class ConfigFile:
    """A pym-config file as it was read, with nothing replaced; `env` is the name that was asked for, if any."""

    path: Path
    root: Path
    env: str | None
    source: Source
    data: dict[str, Any]

    def __repr__(self) -> str:
        return f"<ConfigFile {shown(self.path)}>"

    def place(self, *pointer: str | int) -> str:
        """Return "file:line" of the key or item that the pointer leads to, or of the nearest one above it."""
        from pymacaron.spec.reader import line_of

        line = line_of(self.source, tuple(map(str, pointer)))
        return f"{shown(self.path)}:{line}" if pointer else shown(self.path)


def find_config_file(root: Path, env: str | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the file that a service in `root` reads.

    That is pym-config.<env>.yaml where `env` is given. Else it is the file of PYM_ENV, for `shop-live`
    pym-config.shop-live.yaml or pym-config.live.yaml, where there is one; else pym-config.yaml.
    Raises ConfigError for a file that is missing and for a name that is not plain.
    """
    if env is not None:
        return _existing(root, _file_of(env, "--env"))
    label = environ.get("PYM_ENV")
    if not label:
        return _existing(root, PLAIN_FILE)
    candidates = [_file_of(name, "PYM_ENV") for name in _suffixes(label)]
    for candidate in candidates:
        if (root / candidate).is_file():
            return root / candidate
    return _existing(root, PLAIN_FILE)


def tell_of_label(file: ConfigFile, environ: Mapping[str, str]) -> None:
    """Log that PYM_ENV has no file of its own: once, by whoever loads the file, since others may have read it too."""
    label = environ.get("PYM_ENV")
    if label and file.env is None and file.path.name == PLAIN_FILE:
        candidates = " or ".join(_file_of(name, "PYM_ENV") for name in _suffixes(label))
        log.info("PYM_ENV is '%s' and there is no %s: reading %s", label, candidates, PLAIN_FILE)


def read_config_file(root: Path, env: str | None = None, environ: Mapping[str, str] = os.environ) -> ConfigFile:
    """Find and read the file of a service; raises ConfigError for one that is missing or no mapping of settings."""
    from pymacaron.spec.reader import read_source

    path = find_config_file(root, env, environ)
    try:
        source = read_source(path)
    except SpecError as error:
        raise ConfigError(*error.problems) from None
    data = {} if source.data is None else source.data
    if not isinstance(data, dict):
        raise ConfigError(f"{shown(path)}:1: should hold settings, one 'key: value' on each line, such as 'name: shop'")
    return ConfigFile(path, root, env, source, data)


def _suffixes(label: str) -> list[str]:
    parts = label.split("-")
    return ["-".join(parts[index:]) for index in range(len(parts)) if parts[index]]


def _file_of(name: str, origin: str) -> str:
    if not _PLAIN_NAME.fullmatch(name):
        raise ConfigError(
            f"{origin} should be a plain name such as 'live' (letters, digits, '_', '-', '.'), not {name!r}"
        )
    return f"pym-config.{name}.yaml"


def _existing(root: Path, name: str) -> Path:
    path = root / name
    if path.is_file():
        return path
    others = ", ".join(sorted(found.name for found in root.glob("pym-config*.y*ml") if found.is_file()))
    if not root.is_dir():
        step = "there is no such folder"
    elif others:
        step = f"the folder has {others}"
    else:
        step = "create it with a first line such as 'name: shop', or name the folder of a service with --root"
    raise ConfigError(f"{shown(path)} is missing: {step}")


def plugin_settings(file: ConfigFile) -> dict[str, list[str]]:
    """Return the `plugins` mapping of pym-config.yaml, which is needed before any section can be checked."""
    settings = file.data.get("plugins") or {}
    lists = settings.values() if isinstance(settings, dict) else [None]
    if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
        place = file.place("plugins")
        raise ConfigError(f"{place}: plugins should be a mapping of require, disable and local to lists of names")
    return settings
