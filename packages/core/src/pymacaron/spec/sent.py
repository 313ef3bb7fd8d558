"""What a document says beside the operations that the service answers: what it sends itself, and where links lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pymacaron.spec.cursor import Cursor, Report
from pymacaron.spec.openapi3 import OpenApi3Reader
from pymacaron.spec.operation import Operation
from pymacaron.spec.paths import PathItem
from pymacaron.spec.place import Place
from pymacaron.spec.references import References, absolute

__all__ = ["Link", "Sent", "read_sent"]


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a response (OpenAPI 3.1, section 4.8.20): `target` is its object, without what only describes it."""

    operation: Operation
    status: str
    name: str
    place: Place
    target: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """The requests that a service sends, each as an operation whose path says what it is, and the links of responses.

    Such a path is "webhook stockChanged", or "callback onSale {$request.body#/url} of POST /items".
    """

    operations: tuple[Operation, ...] = ()
    links: tuple[Link, ...] = ()


def read_sent(path: Path, references: References) -> Sent:
    """Return what can be read of the webhooks, callbacks and links of a document; nothing for Swagger 2.0."""
    file = absolute(path)
    data = references.source(file).data
    if "openapi" not in data:
        return Sent()
    reader = _SentReader(Cursor(data, Place(file), Report(), references), str(data["openapi"]))
    return Sent(tuple(reader.sent()), tuple(reader.links()))


class _SentReader(OpenApi3Reader):
    """Reads what a document has beside operations; what is wrong there keeps no service from starting."""

    def sent(self) -> Iterator[Operation]:
        """Yield webhooks (OpenAPI 3.1, section 4.8.1) and callbacks (section 4.8.18)."""
        webhooks = self.root.get("webhooks")
        for name, written in webhooks.members() if webhooks else ():
            yield from self._requests(f"webhook {name}", written)
        for path, method, operation in self._written():
            for name, callback in operation.entries("callbacks"):
                found = callback.followed()
                for expression, written in found.members(extensible=True) if found else ():
                    yield from self._requests(f"callback {name} {expression} of {method.upper()} {path}", written)

    def _requests(self, called: str, written: Cursor) -> Iterator[Operation]:
        found = written.followed()
        item = PathItem("", (written,) if found is None or found is written else (written, found))
        for method, operation in self._methods(item):
            yield replace(self._operation(item, method, operation), path=called)

    def links(self) -> Iterator[Link]:
        """Yield the links of all responses."""
        for path, method, operation in self._written():
            owner = Operation(method, path, operation.place)
            responses = operation.get("responses")
            for status, response in responses.members(extensible=True) if responses else ():
                found = response.followed()
                for name, link in found.entries("links") if found else ():
                    if target := link.followed():
                        told = {key: value for key, value in target.node.items() if key != "description"}
                        yield Link(owner, status, name, target.place, told)

    def _written(self) -> Iterator[tuple[str, str, Cursor]]:
        """Yield the operations that the service answers, as they are written."""
        paths = self.root.get("paths")
        for path, written in paths.members(extensible=True) if paths else ():
            for method, operation in self._methods(self._path_item(path, written)):
                yield path, method, operation
