"""YAML text, by the events of PyYAML's parser, into plain data with the scalars of YAML 1.2's core schema."""

from __future__ import annotations

from typing import Any

import yaml

from pymacaron.spec.limits import MAX_DEPTH, MAX_NODES, TextError
from pymacaron.spec.yamlevents import yaml_events
from pymacaron.spec.yamlscalars import CORE, plain_scalar, tagged_scalar, unknown_tag

__all__ = ["Lines", "parse_yaml", "yaml_lines"]

Lines = dict[str, tuple[int, Any]]
"""The 1-based line of each key (or index, as text) of a container, and the Lines of what stands there."""

_CONTAINER_TAGS: dict[type, str] = {yaml.MappingStartEvent: CORE + "map", yaml.SequenceStartEvent: CORE + "seq"}
_MERGE = object()


def parse_yaml(text: str) -> Any:
    """Return the data of a YAML text; raise TextError for one that is no single, finite document of JSON's types."""
    return _read(_Builder(text))


def yaml_lines(text: str) -> tuple[int, Lines]:
    """Return the line of the root of a YAML text, and the lines below it."""
    line, lines = _read(_LinesBuilder(text))
    return line, lines


def _read(builder: _Builder) -> Any:
    try:
        return builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        told = error.problem or error.context or "it cannot be parsed"
        line, index = (mark.line + 1, mark.index) if mark is not None else (1, 0)
        tab = builder.text[index : index + 1] == "\t"
        hint = "indent with spaces instead of tabs" if tab else "correct the syntax here"
        raise TextError((line, f"broken YAML: {told}; {hint}")) from None


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _no_key(line: int) -> TextError:
    return TextError((line, "a key is no plain text here; write each key of a mapping as text"))


class _Frame:
    """A mapping or sequence that is being read: the key that waits for its value, and how deep it is below itself."""

    __slots__ = ("anchor", "before", "container", "height", "key", "line", "mapping", "merges", "start")

    def __init__(
        self, container: Any, start: int, before: int, mapping: bool = False, anchor: str | None = None
    ) -> None:
        self.container = container
        self.start = start
        self.before = before
        self.mapping = mapping
        self.anchor = anchor
        self.key: Any = None
        self.line = start
        self.height = 1
        self.merges: list[tuple[Any, int]] = []


class _Builder:
    """Builds the data of one document from its events, with a stack of its own instead of recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.next_event = yaml_events(text).get_event
        self.stack: list[_Frame] = []
        self.frame = _Frame(self.new_sequence(), 1, 0)
        self.anchors: dict[str, tuple[Any, int, int]] = {}
        self.values = 0

    def document(self) -> Any:
        """Read the one document of the text."""
        self.next_event()
        if not isinstance(self.next_event(), yaml.DocumentStartEvent):
            raise TextError((1, "the file is empty; write an OpenAPI document into it"))
        self.nodes()
        again = self.next_event()
        if isinstance(again, yaml.DocumentStartEvent):
            raise TextError((_line(again), "a second YAML document starts here; keep one document in a file"))
        return self.finished()

    def nodes(self) -> None:
        """Read the events up to the end of the document."""
        next_event = self.next_event
        while True:
            event = next_event()
            kind = event.__class__
            if kind is yaml.ScalarEvent:
                if self.frame.mapping and self.frame.key is None:
                    self.take_key(self.frame, event)
                else:
                    self.put_scalar(event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.open(event, kind)
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.close()
            elif kind is yaml.AliasEvent:
                self.put_alias(event)
            else:
                return

    def take_key(self, frame: _Frame, event: Any) -> None:
        """Keep a key, always the text as it is written, until its value comes."""
        key = event.value
        frame.line = _line(event)
        if key in frame.container:
            self.repeated(frame, key)
        frame.key = _MERGE if key == "<<" and event.implicit[0] else key
        if event.anchor:
            self.anchors[event.anchor] = (key, 1, 0)

    def put_scalar(self, event: Any) -> None:
        """Put a scalar where it belongs."""
        line = _line(event)
        if event.tag is None:
            value = plain_scalar(event.value, line) if event.implicit[0] else event.value
        else:
            value = tagged_scalar(event, line)
        value = self.scalar(value)
        self.values += 1
        if event.anchor:
            self.anchors[event.anchor] = (value, 1, 0)
        self.put(value, line)

    def put_alias(self, event: Any) -> None:
        """Put what an alias repeats where it belongs; its values count again."""
        line = _line(event)
        if self.frame.mapping and self.frame.key is None:
            raise _no_key(line)
        if event.anchor not in self.anchors:
            raise self.bad_alias(event.anchor, line)
        value, size, height = self.anchors[event.anchor]
        self.values += size
        self.frame.height = max(self.frame.height, height + 1)
        if len(self.stack) + height > MAX_DEPTH:
            raise TextError.too_deep(line)
        self.put(value, line)

    def bad_alias(self, anchor: str, line: int) -> TextError:
        """Return the refusal of an alias that repeats nothing finite."""
        if any(frame.anchor == anchor for frame in (*self.stack, self.frame)):
            return TextError((line, f"the YAML alias '*{anchor}' repeats itself without end; write a '$ref' instead"))
        return TextError((line, f"the YAML alias '*{anchor}' has no anchor '&{anchor}' above it; add one"))

    def put(self, value: Any, line: int) -> None:
        """Put a value into the container that is being read."""
        frame = self.frame
        if self.values > MAX_NODES:
            raise TextError.too_many(line)
        if not frame.mapping:
            self.append(frame.container, value, line)
        elif frame.key is _MERGE:
            frame.merges.append((value, line))
        else:
            self.set(frame, value)
        frame.key = None

    def open(self, event: Any, kind: type) -> None:
        """Begin a mapping or a sequence."""
        line = _line(event)
        if self.frame.mapping and self.frame.key is None:
            raise _no_key(line)
        if event.tag not in (None, "!", _CONTAINER_TAGS[kind]):
            raise unknown_tag(event.tag, line)
        if len(self.stack) >= MAX_DEPTH:
            raise TextError.too_deep(line)
        mapping = kind is yaml.MappingStartEvent
        self.anchors.pop(event.anchor, None)
        self.stack.append(self.frame)
        self.frame = _Frame({} if mapping else self.new_sequence(), line, self.values, mapping, event.anchor or "")
        self.values += 1

    def close(self) -> None:
        """End the mapping or sequence that is being read, and put it where it belongs."""
        frame = self.frame
        for value, line in frame.merges:
            for source in self.sources(value, line):
                for key, inherited in source.items():
                    frame.container.setdefault(key, inherited)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.container, self.values - frame.before, frame.height)
        self.frame = self.stack.pop()
        self.frame.height = max(self.frame.height, frame.height + 1)
        self.put(frame.container, frame.start)

    def repeated(self, _frame: _Frame, _key: str) -> None:
        """Refuse a key that stands in its mapping already: the slower builder knows all the lines."""
        yaml_lines(self.text)

    def finished(self) -> Any:
        """Return what was read."""
        return self.frame.container[0]

    def new_sequence(self) -> Any:
        """Return what holds the items of a sequence."""
        return []

    def scalar(self, value: Any) -> Any:
        """Return what stands for a scalar."""
        return value

    def append(self, container: Any, value: Any, _line: int) -> None:
        """Put an item into a sequence."""
        container.append(value)

    def set(self, frame: _Frame, value: Any) -> None:
        """Put a value under the key that waits for it."""
        frame.container[frame.key] = value

    def sources(self, value: Any, line: int) -> list[dict[str, Any]]:
        """Return the mappings that a merge key names, the first one first."""
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in values):
            raise TextError((line, "the merge key '<<' wants a mapping or a list of them; give it one, or quote it"))
        return values


class _Items(dict[str, Any]):
    """The Lines of a sequence, told apart from those of a mapping."""


class _LinesBuilder(_Builder):
    """Builds the Lines of a document in place of its data, and finds all keys that are repeated."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeats: list[tuple[int, str, int]] = []

    def repeated(self, frame: _Frame, key: str) -> None:
        self.repeats.append((frame.line, key, frame.container[key][0]))

    def finished(self) -> Any:
        if self.repeats:
            raise TextError.repeated(self.repeats)
        return self.frame.container["0"]

    def new_sequence(self) -> Any:
        return _Items()

    def scalar(self, _value: Any) -> Any:
        return {}

    def append(self, container: Any, value: Any, line: int) -> None:
        container[str(len(container))] = (line, value)

    def set(self, frame: _Frame, value: Any) -> None:
        frame.container.setdefault(frame.key, (frame.line, value))

    def sources(self, value: Any, _line: int) -> list[dict[str, Any]]:
        return [source for _, source in value.values()] if isinstance(value, _Items) else [value]
