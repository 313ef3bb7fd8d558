"""The handlers of the shop: dicts out, a typed model in."""

from __future__ import annotations

from typing import Any

from dataset import ARTICLES


def greet() -> dict[str, Any]:
    """Greet."""
    return {"text": "Hello, world!"}


def article(number: int, limit: int, tag: list[str] | None) -> dict[str, Any]:
    """Return one article."""
    return ARTICLES[number - 1]


def articles(limit: int) -> dict[str, Any]:
    """Return the first articles."""
    return {"articles": ARTICLES[:limit]}


def order(body: Any) -> Any:
    """Return the order as it was taken."""
    return body
