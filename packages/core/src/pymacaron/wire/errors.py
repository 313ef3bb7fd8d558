"""What cannot be read from the wire, and what cannot be put on it.

Exception
└── ValueError
    ├── Unreadable     a text that breaks the rules of its parameter; the sentence never holds the text
    └── Unsendable     a value that the style of its parameter cannot carry
"""

from __future__ import annotations

__all__ = ["Unreadable", "Unsendable"]


class Unreadable(ValueError):
    """A text that breaks the rules by which its parameter is written."""


class Unsendable(ValueError):
    """A value that cannot be written so that it is read again as itself."""
