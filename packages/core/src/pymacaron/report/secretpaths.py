"""Paths that may hold a secret although no route matched: the template that such a path begins like is told instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from pymacaron.config.redaction import looks_secret

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Rule

__all__ = ["secret_template"]

PARAMETER = re.compile(r"([{<][^{}<>]*[}>])")


def secret_template(app: Flask, path: str, rule: Rule | None) -> str | None:
    """Return the template with a secret in it that a path has or begins like, None where there is none.

    A path that matched a rule of the app's own is compared with that alone; without a rule, with all of them: it may
    have failed for its method, or for a slash too many.
    """
    path = re.sub("/{2,}", "/", path)
    for template in _templates(app) if rule is None else [rule.rule]:
        beginning = _up_to_secret(template)
        if beginning is not None and beginning.match(path):
            return template
    return None


def _templates(app: Flask) -> Iterator[str]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        yield from getattr(view, "routes", None) or (rule.rule,)


@lru_cache(maxsize=10_000)
def _up_to_secret(template: str) -> re.Pattern[str] | None:
    """Return what matches the beginning of a path with the first secret of a template in it."""
    pattern = ""
    for piece in PARAMETER.split(template):
        if not PARAMETER.fullmatch(piece):
            pattern += re.escape(piece)
        elif looks_secret(piece[1:-1].rpartition(":")[2]):
            return re.compile(pattern + ".", re.IGNORECASE | re.DOTALL)
        else:
            pattern += ".+" if piece.startswith("<path:") else "[^/]+"
    return None
