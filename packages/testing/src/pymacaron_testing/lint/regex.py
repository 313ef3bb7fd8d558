"""Regular expressions of ECMA-262 as automata, as far as is needed to see how often one text can be matched."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

__all__ = ["Automaton", "TooHardError", "automaton"]

_ALL = (1 << 129) - 1
"""A set of characters as bits: one for each of ASCII, the last one for all others."""
_MOST_POSITIONS = 80
_MANY = 10
_QUANTIFIER = re.compile(r"\{(\d+)(,?)(\d*)\}\??|[*+?]\??")
_GROUP = re.compile(r"\(\?(?::|=|!|<=|<!|<[A-Za-z_]\w*>)|\(")
_NOTHING = re.compile(r"[\^$]|\\(?:[bB]|[1-9]\d*|k<\w+>)")
_CODE = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "v": "\v", "0": "\0"}


class TooHardError(ValueError):
    """A pattern that is too long to be looked at, or none."""


@dataclass(slots=True)
class Automaton:
    """The positions of a pattern (Glushkov): the characters of each, and in how many ways one follows another."""

    characters: list[int] = field(default_factory=list)
    follows: Counter[tuple[int, int]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Part:
    empty: bool = True
    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()


def automaton(pattern: str) -> Automaton:
    """Return the automaton of a pattern; raise TooHardError."""
    reader = _Reader(pattern)
    reader.alternatives(0)
    return reader.found


class _Reader:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.found = Automaton()

    def alternatives(self, at: int) -> tuple[_Part, int]:
        """Read alternatives up to a closing parenthesis or the end."""
        part, at = self.sequence(at)
        while self.pattern[at : at + 1] == "|":
            other, at = self.sequence(at + 1)
            part = _Part(part.empty or other.empty, part.first + other.first, part.last + other.last)
        return part, at

    def sequence(self, at: int) -> tuple[_Part, int]:
        """Read quantified atoms up to the end of an alternative."""
        part = _Part()
        while at < len(self.pattern) and self.pattern[at] not in "|)":
            other, at = self.quantified(at)
            part = self.then(part, other)
        return part, at

    def then(self, one: _Part, other: _Part) -> _Part:
        """Return one part after another."""
        self.found.follows.update((last, first) for last in one.last for first in other.first)
        return _Part(
            one.empty and other.empty,
            one.first + (other.first if one.empty else ()),
            other.last + (one.last if other.empty else ()),
        )

    def quantified(self, at: int) -> tuple[_Part, int]:
        """Read one atom with its quantifier; one that repeats often counts as endless."""
        start = at
        part, at = self.atom(at)
        match = _QUANTIFIER.match(self.pattern, at)
        if match is None:
            return part, at
        least, most = _times(match)
        if most > 1:
            if most < _MANY:
                again, _ = self.atom(start)
                part = self.then(part, _Part(True, again.first, again.last) if most > least else again)
            else:
                self.found.follows.update((last, first) for last in part.last for first in part.first)
        return _Part(part.empty or least == 0, part.first, part.last), match.end()

    def atom(self, at: int) -> tuple[_Part, int]:
        """Read a group, an assertion, or one set of characters."""
        character = self.pattern[at]
        if character == "(":
            return self.group(at)
        if assertion := _NOTHING.match(self.pattern, at):
            return _Part(), assertion.end()
        characters, at = self.one(at)
        self.found.characters.append(characters)
        if len(self.found.characters) > _MOST_POSITIONS:
            raise TooHardError(self.pattern)
        position = len(self.found.characters) - 1
        return _Part(False, (position,), (position,)), at

    def group(self, at: int) -> tuple[_Part, int]:
        """Read a group; one that only looks around matches nothing itself."""
        opened = _GROUP.match(self.pattern, at)
        if opened is None:
            raise TooHardError(self.pattern)
        looks = opened[0] in ("(?=", "(?!", "(?<=", "(?<!")
        part, at = self.alternatives(opened.end())
        if self.pattern[at : at + 1] != ")":
            raise TooHardError(self.pattern)
        return (_Part() if looks else part), at + 1

    def one(self, at: int) -> tuple[int, int]:
        """Read what stands for one character."""
        character = self.pattern[at]
        if character == ".":
            return _ALL & ~_bit("\n"), at + 1
        if character == "[":
            return self.set(at + 1)
        if character == "\\":
            return self.escape(at + 1)
        return _bit(character), at + 1

    def set(self, at: int) -> tuple[int, int]:
        """Read the inside of brackets."""
        negated = self.pattern[at : at + 1] == "^"
        at += negated
        characters = 0
        while at < len(self.pattern) and self.pattern[at] != "]":
            low, at = self.escape(at + 1) if self.pattern[at] == "\\" else (_bit(self.pattern[at]), at + 1)
            if self.pattern[at : at + 1] == "-" and self.pattern[at + 1 : at + 2] not in ("]", ""):
                at += 1
                high, at = self.escape(at + 1) if self.pattern[at] == "\\" else (_bit(self.pattern[at]), at + 1)
                low = _between(low, high)
            characters |= low
        if at >= len(self.pattern):
            raise TooHardError(self.pattern)
        return (_ALL & ~characters if negated else characters), at + 1

    def escape(self, at: int) -> tuple[int, int]:
        """Read what follows a backslash."""
        letter = self.pattern[at : at + 1]
        if letter in _CLASSES:
            return _CLASSES[letter], at + 1
        if letter in ("p", "P"):
            return _ALL, self.pattern.find("}", at) + 1 or at + 1
        coded = _CODE.match(self.pattern, at)
        if coded is not None:
            return _bit(chr(min(int(coded[1] or coded[2] or coded[3], 16), 0x10FFFF))), coded.end()
        return _bit(_ESCAPES.get(letter, letter)), at + 1


def _times(match: re.Match[str]) -> tuple[int, float]:
    sign = match[0][0]
    if sign != "{":
        return (1 if sign == "+" else 0), (1 if sign == "?" else float("inf"))
    least = int(match[1])
    return least, (int(match[3]) if match[3] else float("inf")) if match[2] else least


def _bit(character: str) -> int:
    return 1 << min(ord(character), 128) if character else 0


def _between(low: int, high: int) -> int:
    if low <= 0 or high < low:
        return low | high
    return (high << 1) - low


def _of(pattern: str) -> int:
    return sum(1 << code for code in range(128) if re.fullmatch(pattern, chr(code), re.ASCII))


_CLASSES = {
    "d": _of(r"\d"),
    "w": _of(r"\w"),
    "s": _of(r"\s") | 1 << 128,
    "D": _ALL & ~_of(r"\d"),
    "W": _ALL & ~_of(r"\w"),
    "S": _ALL & ~_of(r"\s"),
}
