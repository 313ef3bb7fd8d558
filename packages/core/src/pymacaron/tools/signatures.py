"""The functions of operations: their names, and their arguments as handlers take them and clients give them."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from unicodedata import normalize

from pymacaron.http.names import parameter_keywords
from pymacaron.models.names import unique_name
from pymacaron.models.syntax import argument, constant
from pymacaron.spec import Operation
from pymacaron.tools.plaintypes import PlainTypes

__all__ = ["Handler", "arguments", "bodiless", "camel", "function", "handlers_of"]

_FORBIDDEN = "__debug__"
"""The one identifier that Python lets nobody bind."""


@dataclass(frozen=True, slots=True)
class Handler:
    """An operation and the function that it binds, as the module and what is to be found in it."""

    operation: Operation
    dotted: str

    @property
    def module(self) -> str:
        """All but the last name."""
        return self.dotted.rpartition(".")[0]

    @property
    def function(self) -> str:
        """The last name."""
        return self.dotted.rpartition(".")[2]


def handlers_of(operations: Iterable[Operation]) -> list[Handler]:
    """Return the functions that operations bind, each once, those left out whose name Python cannot write."""
    found: dict[str, Handler] = {}
    for operation in operations:
        dotted = normalize("NFKC", operation.binding.server or "")
        if operation.binding.skipped or not dotted or any(map(_unwritable, dotted.split("."))):
            continue
        found.setdefault(dotted, Handler(operation, dotted))
    return list(found.values())


def _unwritable(part: str) -> bool:
    return keyword.iskeyword(part) or not part.isidentifier() or part == _FORBIDDEN


def camel(written: str, taken: Container[str]) -> str:
    """Return the name of a class for a function: ListItems for list_items."""
    words = [word for word in re.split(r"[\W_]+", written) if word]
    made = "".join(word[0].upper() + word[1:] for word in words)
    if not made.isidentifier() or keyword.iskeyword(made):
        made = f"Operation{made}"
    return unique_name(made, taken)


def arguments(
    operation: Operation,
    types: PlainTypes,
    *,
    giving: bool,
    receiver: bool = False,
    keyword_only: bool = True,
    more: Iterable[tuple[str, ast.expr]] = (),
) -> ast.arguments:
    """Return the arguments of an operation's function: the body first, its parameters by their keywords.

    `giving` is for those who call it: parameters that are not required have a default. `receiver` adds the object that
    a method belongs to, and `more` further keywords.
    """
    keywords = {
        own: parameter for parameter, own in parameter_keywords(operation.parameters).items() if own != _FORBIDDEN
    }
    told = [(own, types.parameter(parameter, giving=giving)) for own, parameter in keywords.items()] + list(more)
    positional = [argument(unique_name("self", keywords))] if receiver else []
    defaults: list[ast.expr] = []
    if operation.body is not None:
        taken = {*keywords, *(each.arg for each in positional)}
        positional.append(argument(unique_name("body", taken), types.body(operation, giving=giving)))
        if giving and not operation.body.required:
            defaults.append(constant(None))
    optional = [giving and own in keywords and not keywords[own].required for own, _ in told]
    by_name = [argument(own, annotation) for own, annotation in told]
    return ast.arguments(
        posonlyargs=positional if keyword_only else [],
        args=[] if keyword_only else [*positional, *by_name],
        kwonlyargs=by_name if keyword_only else [],
        kw_defaults=[constant(...) if each else None for each in optional] if keyword_only else [],
        defaults=defaults,
        vararg=None,
        kwarg=None,
    )


def bodiless(statement: str = "") -> list[ast.stmt]:
    """Return the body of a function that only tells its signature."""
    return [ast.Expr(constant(statement or ...))]


def function(
    own: str, takes: ast.arguments, returns: ast.expr, body: list[ast.stmt], decorators: Iterable[ast.expr] = ()
) -> ast.FunctionDef:
    """Return the definition of a function."""
    made = ast.FunctionDef(own, takes, body, list(decorators), returns, None)
    made.__dict__.update({"type_params": []} if "type_params" in ast.FunctionDef._fields else {})
    return made
