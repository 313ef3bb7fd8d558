"""What is wrong with a request, told one sentence at a time and never with the value itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from pymacaron.exceptions import RequestError

__all__ = ["Problems", "problem"]

MOST = 20

WITHOUT_VALUE = {
    "union_tag_invalid": "Names no known variant in its discriminator",
    "union_tag_not_found": "Should name its variant in its discriminator",
}


class Problems:
    """The problems of one request, at most 20 of them."""

    def __init__(self) -> None:
        self._found: list[dict[str, str]] = []

    def add(self, location: str, name: str, sentence: str, pointer: str = "") -> None:
        """Keep one problem: where it is (path, query, header, cookie, formData or body), its name, and a sentence."""
        if len(self._found) < MOST:
            self._found.append(problem(location, name, sentence, pointer))

    def add_errors(self, location: str, name: str, error: ValidationError) -> None:
        """Keep what pydantic found."""
        for pointer, sentence in _told(error):
            self.add(location, name, sentence, pointer)

    def raise_if_any(self) -> None:
        """Raise RequestError where anything was found."""
        if self._found:
            raise RequestError("; ".join(map(_sentence, self._found)), problems=self._found)


def problem(location: str, name: str, sentence: str, pointer: str = "") -> dict[str, str]:
    """Return one problem as the reply carries it."""
    return {"in": location, "name": name, "pointer": pointer, "message": sentence}


def escape(tokens: Sequence[object]) -> str:
    """Return tokens as a JSON Pointer (RFC 6901, section 3)."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def _told(error: ValidationError) -> Iterator[tuple[str, str]]:
    for found in error.errors(include_url=False, include_context=False, include_input=False)[:MOST]:
        yield escape(found["loc"]), WITHOUT_VALUE.get(found["type"], found["msg"])


def _sentence(found: dict[str, str]) -> str:
    what = "the body" if found["in"] == "body" else f"{found['in']} parameter '{found['name']}'"
    return f"{what}{' at ' + found['pointer'] if found['pointer'] else ''}: {found['message']}"
