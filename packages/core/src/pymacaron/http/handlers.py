"""Handlers: found by the dotted names of a document, and held against what their operation hands them."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import BindingError
from pymacaron.http.call import Call
from pymacaron.http.names import parameter_keywords
from pymacaron.modules import BrokenModuleError, MissingFunctionError
from pymacaron.spec import Operation, Parameter
from pymacaron.text import one_line, where

if TYPE_CHECKING:
    from pymacaron.service import Service

__all__ = ["BoundOperation", "bind"]

ANY_ARGUMENTS = (
    inspect.Parameter("arguments", inspect.Parameter.VAR_POSITIONAL),
    inspect.Parameter("keywords", inspect.Parameter.VAR_KEYWORD),
)
FILES = (typing.BinaryIO, typing.IO[bytes], "BinaryIO", "IO[bytes]")


@dataclass(frozen=True)
class BoundOperation:
    """An operation with its handler: `keywords` names each parameter's argument, `call_keyword` that of the Call.

    `omitted` are the arguments that a request may leave out because the handler has a default of its own.
    `body_as_file` says that its first argument is annotated as a binary file.
    """

    api: str
    operation: Operation
    handler: Callable[..., Any]
    keywords: dict[Parameter, str]
    omitted: frozenset[str]
    call_keyword: str | None
    body_may_be_omitted: bool
    body_as_file: bool = False


def bind(service: Service, api: str, operation: Operation) -> BoundOperation:
    """Find the handler of an operation and check its signature; raises BindingError with file:line of both."""
    dotted = operation.binding.server or ""
    try:
        function = service.import_dotted(dotted)
        wrapped = _decorated(service, function, operation.binding.decorate_server)
    except BrokenModuleError as error:
        raise BrokenModuleError(error.module, f"{_place(operation)} binds '{dotted}', but {error}") from error.__cause__
    except MissingFunctionError as error:
        raise BindingError(
            f"{_place(operation)} binds '{dotted}', but {error}: correct the name, or let 'pym generate' write a stub"
        ) from error
    except BindingError as error:
        raise BindingError(f"{_place(operation)} binds '{dotted}', but {error}") from error
    if not callable(function):
        raise BindingError(
            f"{_place(operation)} binds '{dotted}', which is a {type(function).__name__} and no function"
        )
    keywords = parameter_keywords(operation.parameters)
    hints = _hints(function)
    call_keyword = next((name for name, hint in hints.items() if hint in (Call, "Call", "pymacaron.Call")), None)
    if call_keyword in keywords.values():
        raise BindingError(
            f"{_place(operation)} has a parameter '{call_keyword}', and '{dotted}' calls the Call so: rename that"
        )
    signature = _signature(function)
    if misfit := _misfit(signature, operation, list(keywords.values()), call_keyword):
        raise BindingError(f"{_place(operation)} binds '{dotted}' ({where(inspect.unwrap(function))}), {misfit}")
    omitted = frozenset(name for name in keywords.values() if _has_default(signature, name))
    first = next(iter(signature.parameters), "")
    body_may_be_omitted = operation.body is not None and _has_default(signature, first)
    as_file = operation.body is not None and hints.get(first) in FILES
    return BoundOperation(api, operation, wrapped, keywords, omitted, call_keyword, body_may_be_omitted, as_file)


def _place(operation: Operation) -> str:
    """Name an operation in an error: finding its line takes long in a large document."""
    return f"{operation.place}: {operation.method.upper()} {operation.path}"


def _decorated(service: Service, function: Callable[..., Any], decorator: str | None) -> Callable[..., Any]:
    if decorator is None:
        return function
    try:
        wrapped = service.import_dotted(decorator)(function)
    except BrokenModuleError:
        raise
    except BindingError as error:
        raise BindingError(f"its decorator '{decorator}' cannot be found: {error}") from error
    except Exception as error:
        raise BindingError(f"its decorator '{decorator}' raised {one_line(error)}") from error
    if not callable(wrapped):
        raise BindingError(f"its decorator '{decorator}' returned a {type(wrapped).__name__} and no function")
    return typing.cast("Callable[..., Any]", wrapped)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except ValueError:  # a function of C that does not tell
        return inspect.Signature(ANY_ARGUMENTS)


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotations of a function, those as text that cannot be evaluated: they name nothing of ours."""
    try:
        return typing.get_type_hints(function)
    except Exception:
        plain = inspect.unwrap(function)
        names = getattr(plain, "__globals__", {})
        return {own: _evaluated(hint, names) for own, hint in getattr(plain, "__annotations__", {}).items()}


def _evaluated(hint: Any, names: dict[str, Any]) -> Any:
    holder = types.SimpleNamespace(__annotations__={"hint": hint})
    try:
        return typing.get_type_hints(holder, names)["hint"]
    except Exception:
        return hint


def _misfit(
    signature: inspect.Signature, operation: Operation, names: list[str], call_keyword: str | None
) -> str | None:
    """Return half a sentence on why a signature does not take what the operation hands over, or None."""
    body = [object()] if operation.body is not None else []
    handed = {name: object() for name in [*names, *([call_keyword] if call_keyword else [])]}
    try:
        signature.bind(*body, **handed)
    except TypeError:
        return _reason(signature, bool(body), list(handed))
    return None


def _reason(signature: inspect.Signature, body: bool, handed: list[str]) -> str:
    kinds = inspect.Parameter
    parameters = signature.parameters.values()
    positional = [
        taken.name for taken in parameters if taken.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
    ]
    if body and not positional:
        return f"which takes no positional argument for the body: its signature is {signature}"
    by_keyword = {taken.name for taken in parameters if taken.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)}
    first = {positional[0]} if body else set()
    takes_any = any(taken.kind is kinds.VAR_KEYWORD for taken in parameters)
    if unknown := [name for name in handed if name not in by_keyword and not takes_any]:
        return f"which takes no {_quoted(unknown)}: its signature is {signature}"
    if clash := [name for name in handed if name in first]:
        return (
            f"whose first argument takes the body, but {_quoted(clash)} is a parameter too: rename the first argument"
        )
    needed = [taken.name for taken in parameters if taken.default is kinds.empty and taken.name in by_keyword - first]
    missing = [name for name in needed if name not in handed]
    return f"which wants {_quoted(missing)}, but the operation declares no such parameter: its signature is {signature}"


def _quoted(names: list[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _has_default(signature: inspect.Signature, name: str) -> bool:
    parameter = signature.parameters.get(name)
    return parameter is not None and parameter.default is not inspect.Parameter.empty
