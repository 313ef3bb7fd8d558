"""What a file of a document may hold at most: past these sizes it is an attack or a mistake."""

from __future__ import annotations

__all__ = ["MAX_BYTES", "MAX_DEPTH", "MAX_DIGITS", "MAX_NODES", "MAX_TOLD", "TextError"]

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 200
MAX_NODES = 2_000_000
"""Values of one file, each one counted again wherever a YAML alias repeats it."""
MAX_DIGITS = 1_000
"""Characters of a number: Python itself stops at 4,300 decimal digits, which are fewer in base 16."""
MAX_TOLD = 100
"""Problems of one kind that are told of one file."""


class TextError(Exception):
    """A text that cannot be read: (line, sentence) of each problem."""

    def __init__(self, *problems: tuple[int, str]) -> None:
        super().__init__(*problems)
        self.problems = problems

    @classmethod
    def too_deep(cls, line: int) -> TextError:
        """Return the refusal of a text that is nested too deeply."""
        return cls((line, f"the document is nested more than {MAX_DEPTH} levels deep; make it flatter, or split it"))

    @classmethod
    def too_many(cls, line: int) -> TextError:
        """Return the refusal of a text that holds, or expands to, too many values."""
        return cls((line, f"the document holds more than {MAX_NODES:,} values, YAML aliases expanded; make it smaller"))

    @classmethod
    def repeated(cls, repeats: list[tuple[int, str, int]]) -> TextError:
        """Return the refusal of mappings that hold a key twice, from (line, key, line of the first)."""
        return cls(
            *(
                (
                    line,
                    f"the key {key!r} stands on line {first} already; remove or rename one of the two",
                )
                for line, key, first in repeats[:MAX_TOLD]
            )
        )
