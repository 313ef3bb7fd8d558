"""What is wrong with a request, told one sentence at a time and never with the value itself."""

from __future__ import annotations

from collections.abc import Sequence

from pymacaron.exceptions import RequestError
from pymacaron.models.problems import MOST, InvalidValue

__all__ = ["Problems", "problem"]


class Problems:
    """The problems of one request, at most 20 of them."""

    def __init__(self) -> None:
        self._found: list[dict[str, str]] = []

    def add(self, location: str, name: str, sentence: str, pointer: str = "", keyword: str = "") -> None:
        """Keep one problem: where it is (path, query, header, cookie, formData or body), its name, and a sentence.

        `keyword` is the one of the schema that is broken, where it is one.
        """
        if len(self._found) < MOST:
            self._found.append(problem(location, name, sentence, pointer, keyword))

    def add_invalid(self, location: str, name: str, error: InvalidValue) -> None:
        """Keep what a codec found."""
        for found in error.problems:
            self.add(location, name, found.sentence, escape(found.pointer), found.keyword)

    @property
    def found(self) -> list[dict[str, str]]:
        """What was found."""
        return self._found

    def told(self) -> str:
        """Return what was found as one sentence."""
        return "; ".join(map(_sentence, self._found))

    def raise_if_any(self) -> None:
        """Raise RequestError where anything was found."""
        if self._found:
            raise RequestError(self.told(), problems=self._found)


def problem(location: str, name: str, sentence: str, pointer: str = "", keyword: str = "") -> dict[str, str]:
    """Return one problem as the reply carries it."""
    found = {"in": location, "name": name, "pointer": pointer, "message": sentence}
    return {**found, "keyword": keyword} if keyword else found


def escape(tokens: Sequence[object]) -> str:
    """Return tokens as a JSON Pointer (RFC 6901, section 3)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def _sentence(found: dict[str, str]) -> str:
    what = "the body" if found["in"] == "body" else f"{found['in']} parameter '{found['name']}'"
    return f"{what}{' at ' + found['pointer'] if found['pointer'] else ''}: {found['message']}"
