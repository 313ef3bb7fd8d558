"""Sections of settings: their models imported and merged into one flat set of keys, and values checked against them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any, NoReturn

from pydantic import ValidationError, create_model

from pymacaron.config.files import Pointer
from pymacaron.config.masking import secret_texts
from pymacaron.config.redaction import looks_secret
from pymacaron.config.secrets import Resolved
from pymacaron.config.settings import Settings, is_secret
from pymacaron.exceptions import ConfigError, PluginError
from pymacaron.plugins.records import ConfigSection
from pymacaron.text import one_line

__all__ = ["fill", "import_model", "models_by_key", "replace", "validated"]


def import_model(section: ConfigSection) -> type[Settings]:
    """Import the model of a section; raises PluginError that names the section and what is wrong."""
    module_name, _, class_name = section.model.partition(":")
    broken = f"the config section '{section.name}' cannot be loaded from '{section.model}'"
    try:
        model = getattr(import_module(module_name), class_name)
    except Exception as error:
        raise PluginError(f"{broken}: {one_line(error)}") from error
    if not (isinstance(model, type) and issubclass(model, Settings)):
        raise PluginError(f"{broken}: it should be a class derived from pymacaron.config.settings.Settings")
    return model


def models_by_key(sections: Iterable[ConfigSection], reserved: Iterable[str]) -> dict[str, type[Settings]]:
    """Return the model of every known key; raises PluginError for one that is reserved or declared by two sections."""
    models: dict[str, type[Settings]] = {}
    owners = dict.fromkeys(reserved, "pymacaron.config.Config itself")
    for section in sorted(sections, key=lambda section: section.name):
        owner = f"the config section '{section.name}' ({section.model})"
        for key in (model := import_model(section)).model_fields:
            if key in owners:
                raise PluginError(
                    f"the key '{key}' belongs both to {owners[key]} and to {owner}: rename one of the two"
                )
            owners[key] = owner
            models[key] = model
    return models


def fill(models: Iterable[type[Settings]], resolved: Resolved) -> tuple[dict[type[Settings], Settings], list[str]]:
    """Return the section of each model, and a sentence for each wrong setting; the redactor learns which are secret."""
    sections: dict[type[Settings], Settings] = {}
    problems: list[str] = []
    flags = {key: is_secret(key, field) for model in models for key, field in model.model_fields.items()}
    for key, value in resolved.data.items():
        resolved.redact.add(secret_texts(value, flags.get(key, looks_secret(key))))
    for model in models:
        data = _data_of(model, resolved)
        try:
            sections[model] = _checked(_sealed(model, resolved.withheld), data, resolved, resolved.file.place)
        except ConfigError as error:
            problems += error.problems
        else:
            resolved.redact.add(secret_texts(sections[model], False))
    return sections, problems


def replace(section: Settings, model: type[Settings], key: str, value: Any, resolved: Resolved) -> None:
    """Set one key of a section in place, checked together with its other keys; raises ConfigError."""
    withheld = {other: reason for other, reason in resolved.withheld.items() if other != key}
    fresh = _checked(_sealed(model, withheld), {**_data_of(model, resolved), key: value}, resolved, None)
    if key in resolved.withheld:
        delattr(type(section), key)
    section.__dict__[key] = getattr(fresh, key)
    section.model_fields_set.add(key)


def _data_of(model: type[Settings], resolved: Resolved) -> dict[str, Any]:
    return {
        key: resolved.data[key] for key in model.model_fields if key in resolved.data and key not in resolved.withheld
    }


def _checked(
    model: type[Settings], data: Mapping[str, Any], resolved: Resolved, place: Callable[..., str] | None
) -> Settings:
    def start(pointer: Pointer) -> str:
        return f"{place(*pointer)}: " if place else ""

    try:
        return validated(model, data)
    except ValidationError as error:
        from pymacaron.config.problems import Explainer

        problems = Explainer(model, data, start, resolved.origins if place else {}, resolved.redact)(error)
    raise ConfigError(*problems)


def validated(model: type[Settings], data: Mapping[str, Any]) -> Settings:
    """Read data of YAML's types as JSON, so that a field may be a Path, a date or an Enum and yet be strict.

    Raises pydantic's ValidationError.
    """
    try:
        text = json.dumps(data)
    except (TypeError, ValueError):
        return model.model_validate(data)
    return model.model_validate_json(text)


def _sealed(model: type[Settings], withheld: Mapping[str, str]) -> type[Settings]:
    """Return the model, or a child of it that does without the withheld keys: reading one raises ConfigError."""
    reasons = {key: withheld[key] for key in model.model_fields if key in withheld}
    if not reasons:
        return model
    optional: dict[str, Any] = dict.fromkeys(reasons, (Any, None))
    child = create_model(model.__name__, __base__=model, **optional)
    for key, reason in reasons.items():
        setattr(child, key, property(lambda _, reason=reason: _refuse(reason)))  # type: ignore[misc]
    return child


def _refuse(reason: str) -> NoReturn:
    raise ConfigError(reason)
