"""Defaults that their own schemas refuse, as warnings of a document."""

from __future__ import annotations

from pymacaron.exceptions import SpecError
from pymacaron.models.decoding import whole
from pymacaron.models.explain import explained
from pymacaron.models.judge import Judge
from pymacaron.spec import Document, Problem, Schema

__all__ = ["wrong_defaults"]


def wrong_defaults(document: Document) -> list[Problem]:
    """Return a warning for each default that its schema refuses, in the order of their lines."""
    problems = []
    for schema in document.defaults:
        if told := _told(schema):
            sentence = f"the default does not fit its schema: {told[0].lower()}{told[1:]}; correct or remove it"
            problems.append(Problem(schema.place.child("default"), sentence, warning=True))
    return sorted(problems, key=lambda problem: (str(problem.place.file), problem.place.line))


def _told(schema: Schema) -> str:
    """Return what is wrong with the default of a schema, nothing where it fits, or where that cannot be told."""
    written = schema.keywords["default"]
    data = written if schema.dialect == "openapi-3.1" else whole(written)
    judge = Judge(schema, "either")
    try:
        return "" if judge.accepts(data) else explained(judge, data)[0].sentence
    except SpecError:
        return ""
