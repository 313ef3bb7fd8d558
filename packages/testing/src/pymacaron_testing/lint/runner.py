"""Runs the rules over a document."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from pymacaron.exceptions import ConfigError
from pymacaron.spec import Place
from pymacaron.text import did_you_mean
from pymacaron_testing.lint.records import Finding, Rule
from pymacaron_testing.lint.rules import RULES, UNREADABLE
from pymacaron_testing.lint.subject import Subject

__all__ = ["chosen", "findings"]

IGNORE = "x-pym-lint-ignore"
_PLAINER = ("document-error", "document-warning", "misspelt-keyword")
"""Rules that say better what the meta-schema refuses at the same place."""


def chosen(disabled: Collection[str]) -> list[Rule]:
    """Return the rules that are not disabled; raise ConfigError for a name that is none."""
    known = [rule.name for rule in RULES]
    for name in disabled:
        if name not in known:
            raise ConfigError(f"there is no rule '{name}'{did_you_mean(name, known) or ': ' + ', '.join(known)}")
    return [rule for rule in RULES if rule.name not in disabled]


def findings(path: Path, root: Path, rules: Collection[Rule]) -> list[Finding]:
    """Return what rules find in a document, in the order of its lines; what two rules tell of one place counts once."""
    subject = Subject(path, root)
    if not subject.readable:
        return [Finding(UNREADABLE, each.place, each.sentence) for each in subject.problems]
    found = [finding for rule in rules for finding in _of_rule(subject, rule)]
    told = {each.place for each in found if each.rule.name in _PLAINER}
    kept = [each for each in found if each.rule.name != "meta-schema" or each.place not in told]
    return sorted(kept, key=lambda each: (each.place.file != subject.path, str(each.place.file), each.place.line))


def _of_rule(subject: Subject, rule: Rule) -> Iterator[Finding]:
    seen: set[tuple[Place, str]] = set()
    for place, sentence in rule.check(subject):
        if (place, sentence) not in seen and not _is_ignored(subject, place, rule.name):
            seen.add((place, sentence))
            yield Finding(rule, place, sentence)


def _is_ignored(subject: Subject, place: Place, rule: str) -> bool:
    """Tell whether an object around a place has the rule in its `x-pym-lint-ignore`."""
    node: Any = subject.node(Place(place.file))
    for token in (*place.pointer, None):
        if isinstance(node, dict):
            names = node.get(IGNORE)
            if names == rule or (isinstance(names, list) and rule in names):
                return True
        if token is not None:
            node = _below(node, token)
    return False


def _below(node: Any, token: str) -> Any:
    if isinstance(node, dict):
        return node.get(token)
    if isinstance(node, list) and token.isdecimal() and int(token) < len(node):
        return node[int(token)]
    return None
