"""What an operation declares for each status: media types, each with how a result becomes one, and headers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Response
from pydantic_core import SchemaSerializer, core_schema

from pymacaron.http.acceptance import qualities
from pymacaron.http.mediatypes import is_json, plain
from pymacaron.http.responseheaders import DeclaredHeader, declared_headers
from pymacaron.models.pool import ModelPool
from pymacaron.spec import MediaType, Operation
from pymacaron.spec import Response as Declared

__all__ = ["ANYTHING", "Answer", "Shape", "answers_of"]

TO_JSON = SchemaSerializer(core_schema.any_schema()).to_json
JSON_HEADER = ("Content-Type", "application/json")
VARY = ("Vary", "Accept")
JSON_RANGES = ("*/*", "application/*")


@dataclass(frozen=True, slots=True)
class Shape:
    """One media type of an answer.

    `takes_json` says that it holds JSON values, which `to_json` judges and writes; `takes_text` and `takes_bytes` that
    text, or bytes and streams, are sent as they are. `written` is what these are sent as, "" where that is left open.
    `hides` says that `to_json` leaves out what the document never sends. `headers` come with every JSON.
    """

    name: str = ""
    written: str = ""
    takes_json: bool = True
    takes_text: bool = True
    takes_bytes: bool = True
    to_json: Callable[[Any], bytes] = TO_JSON
    hides: bool = False
    headers: tuple[tuple[str, str], ...] = (JSON_HEADER,)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is declared for one status: nothing about its content where there are no shapes.

    `usual` is the shape of a JSON value where nothing has to be asked for it.
    """

    shapes: tuple[Shape, ...] = ()
    headers: tuple[DeclaredHeader, ...] = ()
    usual: Shape | None = Shape()

    def shape_of(self, media_type: str) -> Shape | None:
        """Return the shape of a media type that a handler names: its own, or that of the range in which it is."""
        name = plain(media_type)
        if not self.shapes:
            return Shape()
        for wanted in (name, f"{name.partition('/')[0]}/*", "*/*"):
            for shape in self.shapes:
                if shape.name == wanted:
                    return shape
        return None

    def best(self, accept: str | None, takes: Callable[[Shape], bool]) -> Shape | None:
        """Return the shape that a caller likes best among those that take a result, the first of several."""
        found = [shape for shape in self.shapes or (Shape(),) if takes(shape)]
        if len(found) < 2 or accept is None:
            return found[0] if found else None
        liked = qualities(accept, tuple([shape.name for shape in found]))
        return found[liked.index(max(liked))]

    @property
    def varies(self) -> bool:
        """Whether a caller can choose among media types."""
        return len(self.shapes) > 1

    @property
    def told(self) -> str:
        """The media types, for a sentence."""
        return " or ".join(shape.name for shape in self.shapes)


ANYTHING = Answer()


def answers_of(operation: Operation, pool: ModelPool) -> Mapping[str, Answer]:
    """Compile the answers of an operation, by their status in the document."""
    return {status: _answer(declared, pool) for status, declared in operation.responses.items()}


def _answer(declared: Declared, pool: ModelPool) -> Answer:
    fixed = (VARY,) if len(declared.content) > 1 else ()
    shapes = tuple(_shape(media, pool, fixed) for media in declared.content.values())
    of_json = [shape for shape in shapes if shape.takes_json]
    usual = Shape() if not shapes else of_json[0] if len(of_json) == 1 else None
    return Answer(shapes, declared_headers(declared.headers, pool), usual)


def _shape(media: MediaType, pool: ModelPool, fixed: Iterable[tuple[str, str]]) -> Shape:
    name = plain(media.name)
    is_open = name in JSON_RANGES
    if not is_open and not is_json(name):
        return Shape(name, _written(name), takes_json=False, headers=(JSON_HEADER, *fixed))
    sent = "application/json" if is_open else name
    codec = pool.codec(media.schema, "response") if media.schema else None
    return Shape(
        name,
        "" if is_open else name,
        takes_text=False,
        takes_bytes=is_open,
        to_json=codec.write_json if codec else TO_JSON,
        hides=codec is not None and codec.hides,
        headers=(("Content-Type", Response(mimetype=sent).content_type), *fixed),
    )


def _written(name: str) -> str:
    """Return what text or bytes of a range are sent as where the handler does not tell."""
    kind, _, subtype = name.partition("/")
    return name if subtype != "*" else "text/plain" if kind == "text" else "application/octet-stream"
