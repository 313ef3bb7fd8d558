"""Plain data written as JSON or YAML text that every reader of either takes for the same data."""

from __future__ import annotations

import functools
import json
from typing import Any

import yaml

from pymacaron.spec.limits import TextError
from pymacaron.spec.yamlscalars import plain_scalar

__all__ = ["json_text", "yaml_text"]


def json_text(data: Any) -> str:
    """Return data as JSON, in its own order, in ASCII."""
    return json.dumps(data, indent=1, allow_nan=False)


def yaml_text(data: Any) -> str:
    """Return data as YAML that versions 1.1 and 1.2 read alike; JSON, which is YAML too, where YAML has no word."""
    try:
        return str(yaml.dump(data, Dumper=_dumper(), sort_keys=False, allow_unicode=True, width=120))
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can escape
        return json_text(data)


@functools.cache
def _dumper() -> type[Any]:
    """Return the quickest dumper, made not to write aliases, nor plain text that YAML 1.2 takes for something else."""
    base: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        """Writes the scalars of both versions of YAML."""

        def ignore_aliases(self, _data: Any) -> bool:
            """Write everything where it stands."""
            return True

    Dumper.add_representer(str, _text)
    return Dumper


def _text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None if _is_text(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _is_text(text: str) -> bool:
    try:
        return isinstance(plain_scalar(text, 0), str)
    except TextError:
        return False
