"""env_secrets: values that name an environment variable, replaced by its content."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pymacaron.config.files import ConfigFile, Pointer
from pymacaron.config.redaction import Redactor

__all__ = ["NoSecretError", "Resolved", "SecretsMode", "dotted", "resolve_secrets", "secret_content"]

SecretsMode = Literal["required", "ignored"]
_KEY = "env_secrets"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


@dataclass
class Resolved:
    """The data of `file` with its secrets in place.

    `origins` holds the variable that each replaced value came from, `withheld` why a top-level key cannot be read.
    """

    file: ConfigFile
    data: dict[str, Any] = field(default_factory=dict, repr=False)
    origins: dict[Pointer, str] = field(default_factory=dict)
    withheld: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    redact: Redactor = field(default_factory=Redactor)

    def forget(self, key: str) -> None:
        """Forget where the value of a top-level key came from: it was set anew."""
        self.withheld.pop(key, None)
        for pointer in [pointer for pointer in self.origins if pointer[0] == key]:
            del self.origins[pointer]


class NoSecretError(Exception):
    """Why a secret has no content, in words that follow "needs"."""


def dotted(pointer: Pointer) -> str:
    """Return a pointer as people write it: databases.main.hosts[0]."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in pointer).lstrip(".")


def resolve_secrets(file: ConfigFile, environ: Mapping[str, str], mode: SecretsMode) -> Resolved:
    """Replace every value that equals a name listed in env_secrets; a value that merely contains one stays.

    Where a secret has no content, its key is withheld and a problem tells why. With mode "ignored" no secret is read,
    and every key that uses one is withheld.
    """
    result = Resolved(file)
    names = _listed_names(file, result.problems)

    def content_of(name: str, pointer: Pointer) -> str | None:
        result.origins[pointer] = name
        told = f"is the content of the environment variable {name}, which this command does not read"
        if mode == "required":
            try:
                return secret_content(name, environ)
            except NoSecretError as reason:
                told = f"needs {reason}"
        sentence = f"{file.place(*pointer)}: {dotted(pointer)} {told}"
        result.withheld.setdefault(str(pointer[0]), sentence)
        if mode == "required":
            result.problems.append(sentence)
        return None

    for key, value in file.data.items():
        result.data[key] = value if key == _KEY else _replaced(value, (key,), names, content_of)
    if mode == "required":
        result.redact.add(_contents(names, environ))
    return result


def secret_content(name: str, environ: Mapping[str, str]) -> str:
    """Return the content of the file of this name in the folder PYM_SECRETS_DIR, else of the environment variable."""
    folder = environ.get("PYM_SECRETS_DIR")
    if folder and (content := _file_content(Path(folder, name))) is not None:
        return content
    content = environ.get(name)
    if not content:
        state = "not set" if content is None else "empty"
        raise NoSecretError(f"the environment variable {name}, which is {state}: export {name}='...'")
    if any("\ud800" <= character <= "\udfff" for character in content):
        raise NoSecretError(f"the environment variable {name}, which is no UTF-8 text: export {name}='...'")
    return content


def _file_content(path: Path) -> str | None:
    described = f"the file {path.name} of PYM_SECRETS_DIR"
    try:
        content = path.read_bytes().decode()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise NoSecretError(f"{described}, which cannot be read ({error.strerror}): make it a readable file") from None
    except UnicodeDecodeError:
        raise NoSecretError(f"{described}, which is no UTF-8 text: write the secret into it again") from None
    content = content.removesuffix("\n").removesuffix("\r")
    if not content:
        raise NoSecretError(f"{described}, which is empty: write the secret into it")
    return content


def _listed_names(file: ConfigFile, problems: list[str]) -> frozenset[str]:
    listed = file.data.get(_KEY)
    names = set()
    for index, name in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(name, str) and _VARIABLE.fullmatch(name):
            names.add(name)
        elif isinstance(name, str):
            problems.append(
                f"{file.place(_KEY, index)}: {_KEY}[{index}] should be the name of an environment variable "
                "(letters, digits and '_'), not a path and not the secret itself"
            )
    return frozenset(names)


def _replaced(
    value: Any, pointer: Pointer, names: frozenset[str], content_of: Callable[[str, Pointer], str | None]
) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, (*pointer, key), names, content_of) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, (*pointer, index), names, content_of) for index, item in enumerate(value)]
    if isinstance(value, str) and value in names:
        return content_of(value, pointer)
    return value


def _contents(names: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    contents = []
    for name in names:
        with suppress(NoSecretError):
            contents.append(secret_content(name, environ))
    return contents
