"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pymacaron.spec import Place

if TYPE_CHECKING:
    from pymacaron_testing.lint.subject import Subject

__all__ = ["Check", "Finding", "Found", "Rule", "Severity"]

Severity = Literal["error", "warning", "info"]
Found = tuple[Place, str]
"""A place, and a sentence that says what is wrong there and what to do."""
Check = Callable[["Subject"], Iterator[Found]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: `finds` completes the sentence "Finds ...", `why` says in one sentence what it is good for."""

    name: str
    severity: Severity
    finds: str
    why: str
    check: Check


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem of a document."""

    rule: Rule
    place: Place
    sentence: str
