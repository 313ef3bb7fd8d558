"""The configuration of one service: its settings as attributes, typed where a section declares them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pymacaron.config.files import ConfigFile
from pymacaron.config.redaction import Redactor, looks_secret
from pymacaron.config.secrets import Resolved
from pymacaron.exceptions import ConfigError, PluginError
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from pymacaron.config.settings import Settings

__all__ = ["Config", "get_config", "holds_secrets"]

Section = TypeVar("Section", bound="Settings")


class Config:
    """The settings of a service, as attributes: `config.name`, and `config.my_api_key = '...'` at run time.

    Known keys are checked when they are set. Keys that no section declares are kept as they are, nested ones as dicts.
    Secrets are masked wherever the configuration shows itself.
    """

    __slots__ = (
        "__weakref__",
        "_data",
        "_lock",
        "_models",
        "_redactor",
        "_resolved",
        "_sections",
        "config_file",
        "warnings",
    )

    config_file: ConfigFile
    warnings: list[str]
    _resolved: Resolved
    _data: dict[str, Any]
    _redactor: Redactor
    _models: Mapping[str, type[Settings]]
    _sections: Mapping[type[Settings], Settings]
    _lock: threading.RLock

    def __init__(
        self,
        resolved: Resolved,
        models: Mapping[str, type[Settings]],
        sections: Mapping[type[Settings], Settings],
        warnings: list[str],
    ) -> None:
        parts = {
            "config_file": resolved.file,
            "warnings": warnings,
            "_resolved": resolved,
            "_data": resolved.data,
            "_redactor": resolved.redact,
            "_models": models,
            "_sections": sections,
            "_lock": threading.RLock(),
        }
        for name, part in parts.items():
            object.__setattr__(self, name, part)

    def __repr__(self) -> str:
        return f"<Config {self.config_file.path.name}: {', '.join(self)}>"

    def __iter__(self) -> Iterator[str]:
        """Give every key: those that were set, then the known ones that have their default."""
        return iter(dict.fromkeys([*self._data, *self._models]))

    def __contains__(self, key: object) -> bool:
        return key in self._data or key in self._models

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self})

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        if key not in self:
            name = self.config_file.path.name
            raise AttributeError(f"'{key}' is neither a key of {name} nor a setting{did_you_mean(key, self)}")
        return self._value(key)

    def __setattr__(self, key: str, value: Any) -> None:
        if key.startswith("_") or key in RESERVED:
            raise AttributeError(f"'{key}' cannot be a key, the configuration uses the name itself: choose another")
        with self._lock:
            self._redactor.add(self._secret_texts(key, value))
            if key in self._models:
                self._assign(key, value)
            self._data[key] = value
            self._resolved.forget(key)

    def __delattr__(self, key: str) -> None:
        if key not in self._data or key in self._models:
            raise AttributeError(f"'{key}' is no key of your own, so that it cannot be deleted")
        with self._lock:
            del self._data[key]
            self._resolved.forget(key)

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key, or the default where it is not set or is null."""
        value = self._value(key) if key in self else None
        return default if value is None else value

    def section(self, model: type[Section]) -> Section:
        """Return the section that a plugin declared with this model; it follows what is set later."""
        if model not in self._sections:
            raise PluginError(
                f"no plugin that is active declares the config section {model.__module__}:{model.__name__}"
            )
        return cast("Section", self._sections[model])

    def show(self) -> dict[str, Any]:
        """Return all keys with their values as plain data, every secret as '***'."""
        from pymacaron.config.masking import masked

        return {
            key: masked(self._plain(key), (key,), self._is_secret(key), self._resolved.origins, self._redactor)
            for key in self
        }

    def redact(self, text: str) -> str:
        """Return the text with '***' in place of every secret that the configuration holds or held."""
        return self._redactor(text)

    def _value(self, key: str) -> Any:
        if key in self._resolved.withheld:
            raise ConfigError(self._resolved.withheld[key])
        if key in self._models:
            return getattr(self._sections[self._models[key]], key)
        return self._data[key]

    def _plain(self, key: str) -> Any:
        return self._data[key] if key in self._resolved.withheld else self._value(key)

    def _assign(self, key: str, value: Any) -> None:
        from pymacaron.config.sections import replace

        model = self._models[key]
        replace(self._sections[model], model, key, value, self._resolved)

    def _is_secret(self, key: str) -> bool:
        if key not in self._models:
            return looks_secret(key)
        from pymacaron.config.settings import is_secret

        return is_secret(key, self._models[key].model_fields[key])

    def _secret_texts(self, key: str, value: Any) -> list[str]:
        from pymacaron.config.masking import secret_texts

        return list(secret_texts(value, self._is_secret(key)))


def holds_secrets(config: Config) -> bool:
    """Tell whether a configuration knows any secret that could show in a text."""
    return bool(config._redactor)  # noqa: SLF001 - no name of Config's own may hide a key of the file


RESERVED = frozenset(name for name in dir(Config) if not name.startswith("_"))
"""The names that Config uses itself: a key of this name is read with `config.get(key)`."""


def get_config() -> Config:
    """Return the configuration of the current service; raises ServiceError where there is none."""
    from pymacaron.service import current_service

    return current_service().config
