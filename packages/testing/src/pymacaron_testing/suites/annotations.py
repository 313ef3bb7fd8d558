"""The annotations of hooks, resolved with what a module imports for type checkers alone, and compared."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, get_args, get_origin, get_type_hints

__all__ = ["misfits"]


def misfits(plugin: ModuleType, hook: Callable[..., Any], spec: Callable[..., Any]) -> Iterator[str]:
    """Yield half a sentence for each annotation of a hook that is not the spec's; what has none is not compared.

    A hook may return any list, tuple or iterator of the records that the spec calls Iterable.
    """
    found, wanted = _hints(plugin, hook), _hints(inspect.getmodule(spec), spec)
    for name, hint in found.items():
        if name == "return":
            if not _returns(hint, wanted["return"]):
                yield f"returns {_shown(hint)}, but the hook {_shown(wanted['return'])}"
        elif name in wanted and hint != wanted[name]:
            yield f"takes {name}: {_shown(hint)}, but the hook gives {_shown(wanted[name])}"


def _hints(module: ModuleType | None, function: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(function, {**function.__globals__, **dict(_for_checkers(module))})


def _for_checkers(module: ModuleType | None) -> Iterator[tuple[str, Any]]:
    """Give what a module imports under `if TYPE_CHECKING:`, by name."""
    tree = ast.parse(inspect.getsource(module)) if module else ast.Module([], [])
    for guarded in (
        node for node in tree.body if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ):
        for node in guarded.body:
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                home = importlib.import_module(node.module)
                yield from ((each.asname or each.name, getattr(home, each.name)) for each in node.names)
            elif isinstance(node, ast.Import):
                for each in node.names:
                    home = importlib.import_module(each.name)
                    top = importlib.import_module(each.name.partition(".")[0])
                    yield (each.asname, home) if each.asname else (top.__name__, top)


def _returns(found: Any, wanted: Any) -> bool:
    if found == wanted or not get_args(wanted):
        return bool(found == wanted)
    kind = get_origin(found)
    return isinstance(kind, type) and issubclass(kind, get_origin(wanted)) and get_args(found)[:1] == get_args(wanted)


def _shown(hint: Any) -> str:
    return (
        "None" if hint is type(None) else hint.__name__ if isinstance(hint, type) and not get_args(hint) else str(hint)
    )
