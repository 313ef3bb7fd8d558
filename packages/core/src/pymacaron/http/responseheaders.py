"""The headers that a response or a part declares: written by the codec that reads them, and judged like content."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pymacaron.exceptions import BadResponseException
from pymacaron.models.codec import Codec
from pymacaron.models.pool import ModelPool
from pymacaron.models.problems import InvalidValue
from pymacaron.models.resources import Direction
from pymacaron.spec import Header, Parameter
from pymacaron.wire import ParameterCodec, Unreadable, Unsendable, compile_codec

__all__ = ["DeclaredHeader", "declared_headers", "misfits", "written"]

FROM_THE_SERVER = frozenset({"content-length", "content-type", "connection", "date", "server", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class DeclaredHeader:
    """One header: how it is written, and what judges its value."""

    name: str
    required: bool
    wire: ParameterCodec
    codec: Codec

    def text(self, value: Any, where: str) -> str:
        """Return the text of what a handler gives; text stays as it is."""
        if isinstance(value, str):
            return value
        try:
            return str(self.wire.encode(value)[0][1])
        except Unsendable as error:
            raise BadResponseException(f"{where} returned the header {self.name}, which: {error}") from None

    def misfit(self, texts: list[str]) -> str | None:
        """Return half a sentence on what is wrong with the texts of the header, or None."""
        if not texts:
            return "is missing" if self.required else None
        try:
            self.codec.read(self.wire.decode_texts(texts))
        except InvalidValue as error:
            return error.problems[0].sentence
        except Unreadable as error:
            return str(error)
        return None


def declared_headers(
    headers: Mapping[str, Header], pool: ModelPool, direction: Direction = "response"
) -> tuple[DeclaredHeader, ...]:
    """Compile the headers of a response, or of a part of a form, but for those that say how it is sent."""
    return tuple(
        _declared(name, header, pool, direction)
        for name, header in headers.items()
        if name.lower() not in FROM_THE_SERVER
    )


def _declared(name: str, header: Header, pool: ModelPool, direction: Direction) -> DeclaredHeader:
    parameter = Parameter(
        name,
        "header",
        header.place,
        header.schema,
        style="simple",
        explode=header.explode,
        content_type=header.content_type,
    )
    return DeclaredHeader(name, header.required, compile_codec(parameter), pool.codec(header.schema, direction))


def written(
    headers: Mapping[str, Any] | Iterable[tuple[str, Any]], declared: Iterable[DeclaredHeader], where: str
) -> list[tuple[str, Any]]:
    """Return the headers that a handler gives, the declared ones as text."""
    known = {header.name.lower(): header for header in declared}
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    return [(name, known[name.lower()].text(value, where) if name.lower() in known else value) for name, value in pairs]


def misfits(headers: Iterable[tuple[str, str]], declared: Iterable[DeclaredHeader]) -> list[str]:
    """Return a sentence for each declared header that is missing or does not fit."""
    found: dict[str, list[str]] = {}
    for name, text in headers:
        found.setdefault(name.lower(), []).append(text)
    told = [(header.name, header.misfit(found.get(header.name.lower(), []))) for header in declared]
    return [f"the header {name}: {sentence}" for name, sentence in told if sentence]
