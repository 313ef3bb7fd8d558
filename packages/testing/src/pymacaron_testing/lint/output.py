"""Findings as text, JSON, SARIF 2.1.0 and commands of GitHub's workflows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pymacaron.text import printable, shown
from pymacaron.version import __version__
from pymacaron_testing.lint.records import Finding, Severity
from pymacaron_testing.lint.rules import RULES

__all__ = ["FORMATS"]

_LEVELS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
_COMMANDS: Mapping[Severity, str] = {"error": "error", "warning": "warning", "info": "notice"}


def as_text(found: Sequence[Finding]) -> str:
    """Return a line for each finding, and how many there are."""
    lines = [f"{each.place}: {each.rule.severity}: {printable(each.sentence)} [{each.rule.name}]" for each in found]
    counts = {severity: sum(each.rule.severity == severity for each in found) for severity in _LEVELS}
    told = [_count(number, severity) for severity, number in counts.items() if number or severity != "info"]
    return "\n".join([*lines, ", ".join(told)]) + "\n"


def as_json(found: Sequence[Finding]) -> str:
    """Return a list of objects."""
    return _dumped(
        [
            {
                "rule": each.rule.name,
                "severity": each.rule.severity,
                "file": shown(each.place.file),
                "line": each.place.line,
                "pointer": _pointer(each),
                "message": each.sentence,
            }
            for each in found
        ]
    )


def as_sarif(found: Sequence[Finding]) -> str:
    """Return a log of SARIF 2.1.0 (OASIS, section 3) with one run."""
    driver = {
        "name": "pym lint",
        "version": __version__,
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": f"Finds {rule.finds}."},
                "fullDescription": {"text": f"{rule.why[:1].upper()}{rule.why[1:]}."},
                "defaultConfiguration": {"level": _LEVELS[rule.severity]},
            }
            for rule in RULES
        ],
    }
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": [_result(each) for each in found]}
    return _dumped({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]})


def _result(each: Finding) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(Path(shown(each.place.file)).as_posix())},
        "region": {"startLine": max(each.place.line, 1)},
    }
    return {
        "ruleId": each.rule.name,
        "ruleIndex": RULES.index(each.rule),
        "level": _LEVELS[each.rule.severity],
        "message": {"text": each.sentence},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"fullyQualifiedName": _pointer(each)}]}],
    }


def as_github(found: Sequence[Finding]) -> str:
    """Return a workflow command for each finding, which GitHub shows beside the line."""
    return "".join(
        f"::{_COMMANDS[each.rule.severity]} file={_property(shown(each.place.file))},line={max(each.place.line, 1)},"
        f"title={each.rule.name}::{_escaped(each.sentence)}\n"
        for each in found
    )


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _pointer(each: Finding) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in each.place.pointer)


def _dumped(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


FORMATS: Mapping[str, Callable[[Sequence[Finding]], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
