"""Options: how the calls of one API are made, from the settings, and changed for single calls."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal

from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["Options", "options_of", "url_variable"]

KEYS = (
    "connect_timeout",
    "read_timeout",
    "deadline",
    "retries",
    "errors",
    "validate_answers",
    "largest_answer",
)
URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")


@dataclass(frozen=True, slots=True)
class Options:
    """How calls are made: seconds, None for no limit; `media_type` is that of the body, `headers` are added."""

    url: str | None = None
    connect_timeout: float | None = 5
    read_timeout: float | None = 30
    deadline: float | None = 60
    retries: int = 2
    errors: Literal["return", "raise"] = "return"
    validate_answers: Literal["strict", "report", "off"] = "strict"
    largest_answer: int = 64 * 1024 * 1024
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def changed(self, changes: Mapping[str, Any]) -> Options:
        """Return the options with some changed; raises TypeError for a name that is none."""
        return Options(**{**{each.name: getattr(self, each.name) for each in fields(self)}, **changes})


def options_of(api: str, config: Config) -> Options:
    """Return the options of an API; raises ConfigError where its environment variable holds no URL."""
    own = (config.get("clients") or {}).get(api)
    found: dict[str, Any] = {"url": own and own.url}
    for key in KEYS:
        value = None if own is None else getattr(own, key)
        found[key] = config.get(f"client_{key}") if value is None else value
    variable = url_variable(api)
    if url := os.environ.get(variable):
        if not URL.fullmatch(url):
            raise ConfigError(f"{variable} holds no URL such as 'https://login.example.com/v1': correct or unset it")
        found["url"] = url
    return Options(**found)


def url_variable(api: str) -> str:
    """Return the name of the environment variable that tells where an API is served."""
    return f"PYM_CLIENT_{re.sub(r'[^A-Za-z0-9]', '_', api).upper()}_URL"
