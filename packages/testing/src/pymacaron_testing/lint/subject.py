"""What rules look at: one document as read, as written, and its schemas as judges."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pymacaron.spec import Document, Place, References, read_document
from pymacaron.spec.references import absolute
from pymacaron_testing.lint.tree import Tree, grown
from pymacaron_testing.lint.verdicts import Verdicts

__all__ = ["Subject"]


class Subject:
    """One document; `document` is None for a file that holds none."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = absolute(path)
        self.references = References(root)
        document, self.problems = read_document(path, references=self.references)
        self._document = document

    @property
    def readable(self) -> bool:
        """Whether the file holds a document."""
        return self._document is not None

    @property
    def document(self) -> Document:
        """The document; only of a file that holds one."""
        assert self._document is not None  # noqa: S101  the runner asks before
        return self._document

    @cached_property
    def place(self) -> Place:
        """The top of the document."""
        return Place(self.path)

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The document as written."""
        data: Mapping[str, Any] = self.references.source(self.path).data
        return data

    @cached_property
    def tree(self) -> Tree:
        """Every object and every schema of the document, with what it leads to in other files."""
        return grown(self.references, self.place, self.data, self.document.dialect)

    @cached_property
    def verdicts(self) -> Verdicts:
        """What judges values by the schemas of the document."""
        return Verdicts(self.place, self.tree, self.is_sound)

    def is_sound(self) -> bool:
        """Tell whether neither the reader nor the meta-schema finds an error."""
        from pymacaron_testing.lint.metaschema import refusals

        return all(problem.warning for problem in self.problems) and not any(refusals(self.path, self.document.version))

    @property
    def is_old(self) -> bool:
        """Whether this is Swagger 2.0."""
        return self.document.dialect == "swagger-2.0"

    def node(self, place: Place) -> Any:
        """Return what is written at a place, None where nothing is."""
        found: Any = self.references.source(place.file).data
        for token in place.pointer:
            if isinstance(found, dict):
                found = found.get(token)
            elif isinstance(found, list) and token.isdecimal() and int(token) < len(found):
                found = found[int(token)]
            else:
                return None
        return found
