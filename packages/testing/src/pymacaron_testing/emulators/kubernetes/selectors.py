"""Selectors of labels and fields, as texts of a query and as objects of a spec."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["field_matches", "matches", "selects"]

_SET = re.compile(r"^(\S+)\s+(in|notin)\s*\(([^)]*)\)$")


def matches(text: str, labels: Mapping[str, str]) -> bool:
    """Tell whether labels fit a selector: "a=b,c!=d,e,!f,g in (h,i)"."""
    return all(_fits(one.strip(), labels) for one in re.split(r",(?![^(]*\))", text) if one.strip())


def _fits(requirement: str, labels: Mapping[str, str]) -> bool:
    if found := _SET.match(requirement):
        values = {one.strip() for one in found[3].split(",")}
        return (labels.get(found[1]) in values) == (found[2] == "in")
    if "!=" in requirement:
        name, _, value = requirement.partition("!=")
        return labels.get(name.strip()) != value.strip()
    if "=" in requirement:
        name, _, value = requirement.replace("==", "=").partition("=")
        return labels.get(name.strip()) == value.strip()
    return requirement[1:].strip() not in labels if requirement.startswith("!") else requirement in labels


def selects(selector: Mapping[str, Any] | None, labels: Mapping[str, str]) -> bool:
    """Tell whether labels fit a LabelSelector; one that is empty fits all, none fits nothing."""
    if selector is None:
        return False
    equal = all(labels.get(name) == value for name, value in (selector.get("matchLabels") or {}).items())
    return equal and all(_holds(one, labels) for one in selector.get("matchExpressions") or [])


def _holds(expression: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    values = expression.get("values") or []
    return {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }[expression["operator"]]


def field_matches(text: str, one: Mapping[str, Any]) -> bool:
    """Tell whether an object fits a selector of fields: "metadata.name=web,status.phase!=Running"."""
    for requirement in filter(None, (part.strip() for part in text.split(","))):
        path, operator, value = re.split(r"(!=|==?)", requirement, maxsplit=1)
        found: Any = one
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        if (str(found if found is not None else "") == value) == (operator == "!="):
            return False
    return True
