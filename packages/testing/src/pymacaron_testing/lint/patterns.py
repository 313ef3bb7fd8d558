"""Rules about the regular expressions of schemas: what cannot run, and what may run for ages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeVar

from pymacaron.models.asserted import runs
from pymacaron.spec import Place
from pymacaron_testing.lint.records import Found
from pymacaron_testing.lint.regex import Automaton, TooHardError, automaton
from pymacaron_testing.lint.subject import Subject

__all__ = ["backtracking", "exponential", "invalid", "is_exponential"]

_LOOKS = re.compile(r"(?:\\[^1-9k]|\[(?:\\.|[^\]\\])*\]|\((?!\?<?[=!])|[^\\\[(])*")
_LOOKING = ("(?=", "(?!", "(?<=", "(?<!")

Pair = tuple[int, int]
Node = TypeVar("Node")


def invalid(subject: Subject) -> Iterator[Found]:
    """Find patterns that are no regular expressions of ECMA-262."""
    for place, pattern in _patterns(subject):
        if not runs(pattern):
            yield place, f"the pattern {_shown(pattern)} is no regular expression and is not used; correct it"


def exponential(subject: Subject) -> Iterator[Found]:
    """Find patterns that match a text in exponentially many ways."""
    for place, pattern in _patterns(subject):
        if is_exponential(pattern):
            told = f"the pattern {_shown(pattern)} repeats what repeats itself: where engines go back and try again"
            yield place, f"{told}, a short text can take hours; let each repetition begin with something of its own"


def backtracking(subject: Subject) -> Iterator[Found]:
    """Find patterns that only engines which try again can run."""
    for place, pattern in _patterns(subject):
        if runs(pattern) and (word := _going_back(pattern)):
            told = f"the pattern {_shown(pattern)} holds a {word}, which engines without backtracking refuse"
            yield place, f"{told}; say it with plain repetitions, or with 'allOf' of two patterns"


def _patterns(subject: Subject) -> Iterator[tuple[Place, str]]:
    for schema in (*subject.tree.schemas, *subject.tree.own):
        pattern = schema.keywords.get("pattern")
        if isinstance(pattern, str):
            yield schema.place.child("pattern"), pattern
        named = schema.keywords.get("patternProperties")
        for name in named if isinstance(named, dict) else ():
            yield schema.place.child("patternProperties", name), name


def _shown(pattern: str) -> str:
    return f"'{pattern if len(pattern) <= 60 else pattern[:57] + '...'}'"


def _going_back(pattern: str) -> str:
    """Return what an engine has to go back for, empty where there is nothing of the kind."""
    match = _LOOKS.match(pattern)
    rest = pattern[match.end() :] if match else ""
    if not rest:
        return ""
    return "look-around" if rest.startswith(_LOOKING) else "back-reference" if rest[0] == "\\" else ""


@lru_cache(maxsize=1024)
def is_exponential(pattern: str) -> bool:
    """Tell whether some text can be matched in exponentially many ways, so that engines that go back try them all.

    That is so where a position leads back to itself in two ways over one and the same text (exponential ambiguity;
    Weber and Seidl, 1991).
    """
    try:
        found = automaton(pattern)
    except (TooHardError, RecursionError):
        return False
    return _twice(found) or _two_ways(found)


def _twice(found: Automaton) -> bool:
    """Tell whether a step of a circle can be made in two ways, as in (a+)+."""
    nexts = _nexts(found)
    return any(count > 1 and one in _reached(nexts, other) for (one, other), count in found.follows.items())


def _two_ways(found: Automaton) -> bool:
    """Tell whether two different circles through one position read the same text, as in (a|a)*."""
    nexts = _nexts(found)
    pairs: dict[Pair, set[Pair]] = {}
    before: dict[Pair, set[Pair]] = defaultdict(set)
    waiting = [(position, position) for position in range(len(found.characters))]
    while waiting:
        pair = waiting.pop()
        if pair in pairs:
            continue
        pairs[pair] = {
            (min(one, other), max(one, other))
            for one in nexts[pair[0]]
            for other in nexts[pair[1]]
            if found.characters[one] & found.characters[other]
        }
        for each in pairs[pair]:
            before[each].add(pair)
        waiting += pairs[pair]
    for position in range(len(found.characters)):
        forth = _reached(pairs, (position, position))
        back = _reached(before, (position, position))
        if any(one != other for one, other in forth & back):
            return True
    return False


def _nexts(found: Automaton) -> dict[int, set[int]]:
    nexts: dict[int, set[int]] = defaultdict(set)
    for one, other in found.follows:
        nexts[one].add(other)
    return nexts


def _reached(nexts: Mapping[Node, set[Node]], start: Node) -> set[Node]:
    seen, waiting = {start}, [start]
    while waiting:
        for each in nexts.get(waiting.pop(), ()):
            if each not in seen:
                seen.add(each)
                waiting.append(each)
    return seen
