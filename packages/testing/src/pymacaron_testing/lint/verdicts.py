"""Verdicts on examples and defaults, by the judge that a service uses too, one for each direction of a document."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from pymacaron.exceptions import SpecError
from pymacaron.models.decoding import whole
from pymacaron.models.explain import explained
from pymacaron.models.judge import Judge, Verdict
from pymacaron.models.problems import ValueProblem, pointer_of
from pymacaron.models.resources import Direction
from pymacaron.spec import Place, Schema
from pymacaron_testing.lint.tree import Tree

__all__ = ["Verdicts"]

_TOP = "x-pym-lint"
_TOLD = 3


class _Within(Judge):
    """The judge of one schema that asks another judge, which knows it already."""

    def __init__(self, schema: Schema, judge: Judge) -> None:
        super().__init__(schema, judge.direction)
        self._judge = judge

    def verdict(self, schema: Schema, itself: bool = False) -> Verdict:
        """Return what judges by a schema."""
        return self._judge.verdict(schema, itself)


class Verdicts:
    """Judges values by any schema of a tree."""

    def __init__(self, top: Place, tree: Tree, is_sound: Callable[[], bool]) -> None:
        """Take the top of a document, its tree, and what tells whether nothing in it breaks its meta-schema."""
        self._top = top
        self._tree = tree
        self._is_sound = is_sound
        self._shared = {schema.place for schema in tree.schemas}
        self._judge = cache(self._made)

    def complaint(self, schema: Schema, value: Any, direction: Direction) -> tuple[tuple[str, ...], str] | None:
        """Return where a value breaks its schema first and the sentences of that, None where it fits.

        What no validator can be made of is told elsewhere, and fits; so does everything that a broken keyword reaches.
        """
        try:
            problems = self._problems(schema, value, direction)
        except SpecError:
            return None
        except Exception:
            if self._is_sound():
                raise
            return None
        if not problems:
            return None
        told = "; ".join(f"{pointer_of(each)}: {each.sentence}" for each in problems[:_TOLD])
        return tuple(map(str, problems[0].pointer)), told

    def _problems(self, schema: Schema, value: Any, direction: Direction) -> list[ValueProblem]:
        value = value if schema.dialect == "openapi-3.1" else whole(value)
        shared = schema.place in self._shared
        judge = self._judge(direction) if shared else Judge(schema, direction)
        if judge.verdict(schema)(value):
            return []
        return explained(_Within(schema, judge), value)

    def _made(self, direction: Direction) -> Judge:
        """Return one judge of all schemas: of a schema that refers to each of them."""
        heads = [{"$ref": self._reference(schema.place)} for schema in self._tree.schemas]
        keywords = {"allOf": heads}
        return Judge(
            Schema(self._top.child(_TOP), keywords, self._tree.dialect, self._tree.references),
            direction,
        )

    def _reference(self, place: Place) -> str:
        pointer = "".join("/" + quote(token.replace("~", "~0").replace("/", "~1"), safe="~") for token in place.pointer)
        if place.file == self._top.file:
            return f"#{pointer}"
        return f"{quote(_beside(place, self._top))}#{pointer}"


def _beside(place: Place, top: Place) -> str:
    return os.path.relpath(place.file, top.file.parent)
