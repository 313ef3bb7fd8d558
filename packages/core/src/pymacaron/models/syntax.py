"""Python source as trees: the few shapes that generated files are made of, none of them made of pasted text."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from types import EllipsisType
from typing import Any

__all__ = ["argument", "assigned", "call", "constant", "field", "import_as", "module_text", "name", "subscript", "word"]

VOCABULARY = "_t"
"""What generated files call the module of their words: no attribute, class or function of theirs begins with `_`."""


def name(identifier: str) -> ast.expr:
    """Return a name."""
    return ast.Name(identifier, ast.Load())


def word(identifier: str) -> ast.expr:
    """Return one of the words of `pymacaron.models.typed`."""
    return ast.Attribute(ast.Name(VOCABULARY, ast.Load()), identifier, ast.Load())


def constant(value: str | bytes | bool | int | float | EllipsisType | tuple[Any, ...] | None) -> ast.expr:
    """Return a plain value, or a tuple of such."""
    if isinstance(value, tuple):
        return ast.Tuple([constant(each) for each in value], ast.Load())
    return ast.Constant(value)


def subscript(value: ast.expr, *items: ast.expr) -> ast.expr:
    """Return value[items]."""
    inner = items[0] if len(items) == 1 else ast.Tuple(list(items), ast.Load())
    return ast.Subscript(value, inner, ast.Load())


def call(function: ast.expr, *arguments: ast.expr, **keywords: ast.expr) -> ast.expr:
    """Return function(arguments, keywords)."""
    return ast.Call(function, list(arguments), [ast.keyword(key, value) for key, value in keywords.items()])


def field(attribute: str, annotation: ast.expr, value: ast.expr | None = None) -> ast.stmt:
    """Return attribute: annotation = value."""
    return ast.AnnAssign(ast.Name(attribute, ast.Store()), annotation, value, simple=1)


def assigned(identifier: str, value: ast.expr) -> ast.stmt:
    """Return identifier = value."""
    return ast.Assign([ast.Name(identifier, ast.Store())], value, lineno=0)


def argument(identifier: str, annotation: ast.expr | None = None) -> ast.arg:
    """Return one argument of a function."""
    return ast.arg(identifier, annotation)


def import_as(module: str, names: Mapping[str, str | None] | None = None) -> ast.stmt:
    """Return `from module import names`, or `import module` without any."""
    if names is None:
        return ast.Import([ast.alias(module)])
    return ast.ImportFrom(module, [ast.alias(each, other) for each, other in names.items()], level=0)


def module_text(statements: Iterable[ast.stmt]) -> str:
    """Return the source of a module."""
    return ast.unparse(ast.fix_missing_locations(ast.Module(list(statements), []))) + "\n"
