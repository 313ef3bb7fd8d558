"""What the reader of documents says, told by the rule that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pymacaron_testing.lint.records import Found
from pymacaron_testing.lint.subject import Subject

__all__ = ["broken", "odd", "said"]

_BELONGS = (
    ("orphan-path-parameter", re.compile(r"no parameter declares|the path '.*' has no '\{")),
    ("duplicate-operation-id", re.compile(r"the operationId '.*' stands at")),
    ("unreachable-path", re.compile(r"the path '.*' holds a '\?'")),
)


def _owner(sentence: str) -> str:
    return next((rule for rule, pattern in _BELONGS if pattern.match(sentence)), "")


def said(rule: str) -> Callable[[Subject], Iterator[Found]]:
    """Return the check of a rule that the reader keeps already."""

    def check(subject: Subject) -> Iterator[Found]:
        for problem in subject.problems:
            if _owner(problem.sentence) == rule:
                yield problem.place, problem.sentence

    return check


def broken(subject: Subject) -> Iterator[Found]:
    """Find what keeps a document from being served."""
    for problem in subject.problems:
        if not problem.warning and not _owner(problem.sentence):
            yield problem.place, problem.sentence


def odd(subject: Subject) -> Iterator[Found]:
    """Find what is served with a warning."""
    for problem in subject.problems:
        if problem.warning and not _owner(problem.sentence):
            yield problem.place, problem.sentence
