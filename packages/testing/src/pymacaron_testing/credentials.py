"""Credentials that a command sends: headers whose values stand in variables of the environment, and in no report."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote

from pymacaron.exceptions import StartError

__all__ = ["TOKEN_VARIABLE", "Credential", "credentials", "masked", "quoted"]

TOKEN_VARIABLE = "PYM_JWT_TOKEN"  # noqa: S105 - the name of one
NAMED = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+)=([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Credential:
    """A header: its name, and a prefix such as "Bearer " before the value of a variable."""

    header: str
    prefix: str
    variable: str
    value: str

    def __repr__(self) -> str:
        return f"<Credential {self.header} of ${self.variable}>"


def credentials(token: str | None, headers: Sequence[str], environ: Mapping[str, str] = os.environ) -> list[Credential]:
    """Return the bearer token, where there is one, and the headers that are written as NAME=VARIABLE.

    Raises StartError for one that is written otherwise, and for a variable that is not set.
    """
    found = [Credential("Authorization", "Bearer ", TOKEN_VARIABLE, token)] if token else []
    for written in headers:
        match = NAMED.fullmatch(written)
        if match is None:
            raise StartError(
                "--header takes NAME=VARIABLE, a header and the variable of the environment with its value"
            )
        name, variable = match.groups()
        if not environ.get(variable):
            raise StartError(
                f"the environment variable {variable} of --header is not set: set it to the value of {name}"
            )
        found.append(Credential(name, "", variable, environ[variable]))
    return found


def masked(text: str, secrets: Sequence[Credential]) -> str:
    """Return a text with asterisks for what is secret."""
    for secret in sorted(secrets, key=lambda each: -len(each.value)):
        text = text.replace(secret.value, "***")
    return text


def quoted(text: str, secrets: Sequence[Credential]) -> str:
    """Quote a text for a shell, which puts in what is secret."""
    variables = {each.value: each.variable for each in secrets}
    if not variables:
        return quote(text)
    longest_first = sorted(variables, key=len, reverse=True)
    parts = re.split(f"({'|'.join(map(re.escape, longest_first))})", text)
    words = [f'"${variables[part]}"' if part in variables else quote(part) for part in parts if part]
    return "".join(words) or "''"
