"""What differs between the parameters, the bodies and the responses of one operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pymacaron.spec import Header, MediaType, Operation, Parameter, Place, Response
from pymacaron_testing.diff.change import Direction, Told, scoped
from pymacaron_testing.diff.forms import body_of, plain_parameters
from pymacaron_testing.diff.schemas import SchemaComparison
from pymacaron_testing.diff.views import Views

__all__ = ["Parts"]

_SIMPLE = frozenset({"string", "number", "integer", "boolean"})


class Parts:
    """Compares the parts of operations; schemas that several share are compared once."""

    def __init__(self) -> None:
        self._schemas: dict[Direction, SchemaComparison] = {
            "request": SchemaComparison("request"),
            "response": SchemaComparison("response"),
        }
        self._views = Views()

    def parameters(self, old: Operation, new: Operation) -> Iterator[Told]:
        """Yield how parameters differ; those of paths belong together by their position."""
        before, after = plain_parameters(old), plain_parameters(new)
        for key, parameter in before.items():
            if key not in after:
                yield _parameter_removed(parameter, new.place)
            else:
                yield from self._parameter(parameter, after[key])
        for key, parameter in after.items():
            if key not in before:
                told = "is added, and required" if parameter.required else "is added"
                part = _called(parameter)
                yield Told(parameter.required, "parameter-added", told, parameter.place, part)

    def _parameter(self, old: Parameter, new: Parameter) -> Iterator[Told]:
        part = _called(new)
        if old.required != new.required:
            told = "is required now" if new.required else "is no longer required"
            yield Told(new.required, "parameter-required", told, new.place, part)
        if old.allow_empty_value and not new.allow_empty_value:
            yield Told(True, "empty-value-refused", "an empty value is refused now", new.place, part)
        if new.deprecated and not old.deprecated:
            yield Told(False, "deprecated", "is deprecated now", new.place, part)
        simple = self._is_simple(old) or self._is_simple(new)
        if _written_as(old, simple) != _written_as(new, simple):
            told = f"is written as {_style(new)} instead of {_style(old)}"
            yield Told(True, "style-changed", told, new.place, part)
        differences = self._schemas["request"].differences((old.schema,), (new.schema,))
        yield from scoped(differences, "request", part)

    def _is_simple(self, parameter: Parameter) -> bool:
        types = self._views.of((parameter.schema,)).types
        return types is not None and types <= _SIMPLE

    def body(self, old: Operation, new: Operation) -> Iterator[Told]:
        """Yield how the bodies of requests differ."""
        before, after = body_of(old), body_of(new)
        if before is None and after is not None:
            told = "is added, and required" if after.required else "is added"
            yield Told(after.required, "body-added", told, after.place, "request body")
        elif before is not None and after is None:
            yield Told(True, "body-removed", "is removed", new.place, "request body")
        elif before is not None and after is not None:
            if before.required != after.required:
                told = "is required now" if after.required else "is no longer required"
                yield Told(after.required, "body-required", told, after.place, "request body")
            yield from self._content(before.content, after.content, "request", "request body", after.place)

    def _content(
        self,
        old: Mapping[str, MediaType],
        new: Mapping[str, MediaType],
        direction: Direction,
        part: str,
        place: Place,
    ) -> Iterator[Told]:
        for name, media in old.items():
            other = _carrying(new, name)
            if other is None:
                yield Told(True, "media-type-removed", f"the media type {name} is removed", place, part)
            else:
                yield from self._media(media, other, direction, f"{part} {name}")
        for name in new:
            if _carrying(old, name) is None:
                yield Told(False, "media-type-added", f"the media type {name} is added", place, part)

    def _media(self, old: MediaType, new: MediaType, direction: Direction, part: str) -> Iterator[Told]:
        compare = self._schemas[direction].differences
        for one, other in ((old.schema, new.schema), (old.item_schema, new.item_schema)):
            differences = compare((one,) if one else (), (other,) if other else ())
            yield from scoped(differences, direction, part)
        for name in old.encoding.keys() & new.encoding.keys():
            before, after = old.encoding[name], new.encoding[name]
            if (before.content_type, before.style, before.explode) != (after.content_type, after.style, after.explode):
                yield Told(True, "encoding-changed", "is encoded in another way", new.place, part, name)

    def responses(self, old: Operation, new: Operation) -> Iterator[Told]:
        """Yield how responses differ; what a range or `default` covers is compared with that."""
        for status, response in old.responses.items():
            other = _covering(new.responses, status)
            narrower = [each for each in new.responses if each != status and _range(each) == status]
            if status not in new.responses and narrower:
                told = f"is narrowed to {', '.join(narrower)}"
                yield Told(False, "status-narrowed", told, new.place, f"response {status}")
            elif other is None:
                yield Told(status < "4", "status-removed", "is removed", new.place, f"response {status}")
            else:
                yield from self._response(response, other, f"response {status}")
        for status, response in new.responses.items():
            covering = _covering(old.responses, status)
            if covering is None:
                yield Told(status < "4", "status-added", "is added", response.place, f"response {status}")
            elif status not in old.responses and status != "default":
                yield from self._response(covering, response, f"response {status}")

    def _response(self, old: Response, new: Response, part: str) -> Iterator[Told]:
        if old.content and not new.content:
            yield Told(True, "content-removed", "has no content any more", new.place, part)
        elif new.content and not old.content:
            yield Told(False, "content-added", "has content now", new.place, part)
        else:
            yield from self._content(old.content, new.content, "response", part, new.place)
        before = {name.lower(): header for name, header in old.headers.items()}
        after = {name.lower(): header for name, header in new.headers.items()}
        for name in (*before, *(name for name in after if name not in before)):
            yield from self._header(before.get(name), after.get(name), part, new.place)

    def _header(self, old: Header | None, new: Header | None, part: str, place: Place) -> Iterator[Told]:
        if new is None:
            told = f"the header {old.name if old else ''} is removed"
            yield Told(True, "header-removed", told, place, part)
            return
        if old is None:
            yield Told(False, "header-added", f"the header {new.name} is added", new.place, part)
            return
        part = f"{part} header {new.name}"
        if old.required and not new.required:
            yield Told(True, "header-optional", "is no longer always there", new.place, part)
        differences = self._schemas["response"].differences((old.schema,), (new.schema,))
        yield from scoped(differences, "response", part)


def _parameter_removed(parameter: Parameter, place: Place) -> Told:
    """Tell of a parameter that is gone; one that was deprecated may go."""
    told = "is removed, as was announced by 'deprecated'" if parameter.deprecated else "is removed"
    return Told(not parameter.deprecated, "parameter-removed", told, place, _called(parameter))


def _called(parameter: Parameter) -> str:
    return f"{parameter.location} parameter '{parameter.name}'"


def _written_as(parameter: Parameter, simple: bool) -> tuple[object, ...]:
    """Return what tells how a value is written; a plain value is so by each style but a path's two prefixed ones."""
    if parameter.content_type:
        return (parameter.content_type,)
    if simple:
        return (parameter.style if parameter.style in ("label", "matrix") else "",)
    explode = parameter.explode and parameter.style not in ("spaceDelimited", "pipeDelimited", "tabDelimited")
    return parameter.style, explode


def _style(parameter: Parameter) -> str:
    if parameter.content_type:
        return parameter.content_type
    return f"{parameter.style}{', exploded' if parameter.explode else ''}"


def _carrying(content: Mapping[str, MediaType], name: str) -> MediaType | None:
    """Return the media type of a name, or the range that covers it."""
    known = {each.lower().replace(" ", ""): media for each, media in content.items()}
    name = name.lower().replace(" ", "")
    kind = name.partition(";")[0]
    for each in (name, kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if each in known:
            return known[each]
    return None


def _range(status: str) -> str:
    return f"{status[0]}XX"


def _covering(responses: Mapping[str, Response], status: str) -> Response | None:
    """Return the response of a status: its own, that of its range, or the default."""
    return responses.get(status) or responses.get(_range(status)) or responses.get("default")
