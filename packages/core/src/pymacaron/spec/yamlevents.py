"""The events of a YAML text, from whichever parser PyYAML has, with the line breaks of YAML 1.2."""

from __future__ import annotations

from typing import Any, Protocol, cast

import yaml

__all__ = ["Events", "yaml_events"]

_OLD_BREAKS = "\x85\u2028\u2029"


class Events(Protocol):
    """The part of PyYAML's two parsers that is used here."""

    def get_event(self) -> Any:
        """Return the next event."""


class _PythonParser(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser, for a PyYAML that was built without libyaml."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)


class _OldBreaks:
    """Hides from a parser what was a line break before YAML 1.2 and is text since (YAML 1.2.2, section 5.4)."""

    def __init__(self, text: str) -> None:
        unused = (character for character in map(chr, range(0xE000, 0xF900)) if character not in text)
        hidden = {written: ord(stand_in) for written, stand_in in zip(_OLD_BREAKS, unused, strict=False)}
        self.back = {stand_in: written for written, stand_in in hidden.items()}
        self.events = _parser(text.translate({ord(written): stand_in for written, stand_in in hidden.items()}))

    def get_event(self) -> Any:
        """Return the next event, its text as it was written."""
        event = self.events.get_event()
        if isinstance(event, yaml.ScalarEvent):
            event.value = event.value.translate(self.back)
        return event


def yaml_events(text: str) -> Events:
    """Return the events of a text, by libyaml where PyYAML was built with it."""
    return _OldBreaks(text) if any(character in text for character in _OLD_BREAKS) else _parser(text)


def _parser(text: str) -> Events:
    if yaml.__with_libyaml__:
        from yaml import cyaml

        return cast("Events", cyaml.CSafeLoader(text))
    return cast("Events", _PythonParser(text))
