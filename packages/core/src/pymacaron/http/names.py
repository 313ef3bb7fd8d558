"""The keywords by which a handler gets its parameters.

| in the document | keyword |
|---|---|
| `limit`, `itemId` | the same |
| `X-Id`, `filter[a]`, `pet.id` | a run of other characters becomes one underscore: `X_Id`, `filter_a`, `pet_id` |
| `class`, `from` | an underscore behind Python's own words: `class_`, `from_` |
| `2fa` | an underscore before a digit: `_2fa` |
| `$`, `...` | nothing is left: `parameter` |
| one name in several places | path, query, header, cookie, form: the first keeps it, the others get `query_id`, ... |
| still taken | a number behind it: `filter_a_2` |
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Sequence

from pymacaron.spec import Parameter

__all__ = ["free", "identifier", "parameter_keywords", "underscored"]

ORDER = ("path", "query", "querystring", "header", "cookie", "formData")


def parameter_keywords(parameters: Sequence[Parameter]) -> dict[Parameter, str]:
    """Return the keyword of each parameter, in the order of their locations and then of the document."""
    chosen: dict[Parameter, str] = {}
    for parameter in sorted(parameters, key=lambda parameter: ORDER.index(parameter.location)):
        name = identifier(parameter.name)
        if name in chosen.values():
            prefix = "form" if parameter.location == "formData" else parameter.location
            name = free(f"{prefix}_{name.lstrip('_')}", set(chosen.values()))
        chosen[parameter] = name
    return chosen


def identifier(name: str) -> str:
    """Return a parameter's name as a Python identifier."""
    name = unicodedata.normalize("NFKC", name)  # as Python reads identifiers (PEP 3131)
    plain = name if name.isidentifier() else underscored(name).strip("_")
    if not plain:
        return "parameter"
    if not plain.isidentifier():
        return f"_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def underscored(text: str) -> str:
    """Return a text with each run of characters that no identifier may hold as one underscore."""
    return re.sub(" +", "_", "".join(map(_allowed, text)))


def _allowed(character: str) -> str:
    """Return a character that an identifier may go on with, a space in the place of any other."""
    return character if f"_{character}".isidentifier() else " "


def free(name: str, taken: set[str]) -> str:
    """Return a name with, where it is taken, the first free number behind it."""
    number = 2
    candidate = name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate
