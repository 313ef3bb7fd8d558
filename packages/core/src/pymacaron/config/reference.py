"""The reference page of settings, generated from the sections themselves."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymacaron.config.settings import Settings
    from pymacaron.plugins.records import ConfigSection

__all__ = ["Setting", "settings_page", "settings_table"]

_HEAD = """\
# Settings

The keys of `pym-config.yaml`, by the section that declares them. Written by `pym config docs`.
"""
_COLUMNS = "| Key | Type | Default | Description | Example | Secret |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Setting:
    """One key as the reference page tells it: dotted if it is nested, with default and example as YAML on one line."""

    section: str
    key: str
    type: str
    required: bool
    default: str
    description: str
    example: str
    secret: bool


def settings_table(sections: Iterable[ConfigSection]) -> list[Setting]:
    """Return every key of the sections, by section, in the order in which they are declared."""
    from pymacaron.config.sections import import_model

    ordered = sorted(sections, key=lambda section: section.name)
    return [row for section in ordered for row in _rows(section.name, "", import_model(section))]


def settings_page(settings: Iterable[Setting], owners: Mapping[str, str]) -> str:
    """Return the reference page as Markdown; `owners` are the distributions that declare the sections, by name."""
    parts = [_HEAD]
    for section, rows in groupby(settings, key=lambda setting: setting.section):
        lines = "\n".join(_line(row) for row in rows)
        owner = f"Of {owners[section]}.\n\n" if section in owners else ""
        parts.append(f"## {section}\n\n{owner}{_COLUMNS}\n{lines}\n")
    return "\n".join(parts)


def _rows(section: str, prefix: str, model: type[Settings]) -> Iterator[Setting]:
    from pymacaron.config.expected import alternatives, expected
    from pymacaron.config.settings import Settings, is_secret

    for name, field in model.model_fields.items():
        (kind, *others) = alternatives(field.annotation)
        nested = isinstance(kind, type) and issubclass(kind, Settings) and not others
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        yield Setting(
            section=section,
            key=prefix + name,
            type=expected(field),
            required=field.is_required(),
            default="" if nested or default is None else _inline(default),
            description=field.description or "",
            example=_inline(field.examples[0]) if field.examples else "",
            secret=is_secret(name, field),
        )
        if nested:
            yield from _rows(section, f"{prefix}{name}.", kind)


def _line(setting: Setting) -> str:
    cells = (
        f"`{setting.key}`",
        re.sub(r"([\\\[\]()*_<])", r"\\\1", _escaped(setting.type)),
        "required" if setting.required else _code(setting.default),
        _escaped(setting.description),
        _code(setting.example),
        "yes" if setting.secret else "",
    )
    return f"| {' | '.join(cells)} |"


def _inline(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _code(text: str) -> str:
    return f"`{_escaped(text)}`" if text else ""


def _escaped(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
