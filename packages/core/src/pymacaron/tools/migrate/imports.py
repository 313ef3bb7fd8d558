"""What an old service's Python imports and calls under names that moved, or that are no more."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from collections.abc import Iterator
from itertools import chain

from pymacaron.exceptions import PluginError
from pymacaron.tools.migrate.folder import OldService
from pymacaron.tools.migrate.records import Edit, Finding, OldFile, Severity

__all__ = ["api_arguments", "old_imports", "old_syntax"]

SEE = "see docs/how-to/migrate-from-pymacaron-2.md"

MOVED = {
    ("pymacaron_core.swagger.apipool", "ApiPool"): ("pymacaron", "apipool"),
    ("pymacaron_core.models", "get_model"): ("pymacaron", "get_model"),
    ("pymacaron_unit.testcase", "PyMacaronTestCase"): ("pymacaron_testing", "PyMacaronTestCase"),
    ("pymacaron.model", "PymacaronBaseModel"): ("pymacaron.models.base", "PymacaronBaseModel"),
    ("pymacaron.log", "pymlogger"): ("logging", "getLogger"),
}
"""Names by their old module, and where they are now."""

ENDED = {
    ("pymacaron.utils", "timenow"): "write 'datetime.now(UTC)'",
    ("pymacaron.utils", "to_epoch"): "write 'moment.timestamp()'",
    ("pymacaron.utils", "to_datetime"): "write 'datetime.fromtimestamp(seconds, UTC)'",
    ("pymacaron.utils", "get_app_name"): "write 'get_config().name'",
    ("pymacaron.utils", "get_container_version"): "read 'PYM_VERSION' of the environment",
    ("pymacaron_async", "start_celery"): "set 'with_async: true', or run 'pym worker'",
}
"""Names that are no more, and what does as well."""

ARGUMENTS = {
    "default_user_id": "set 'default_user_id' in pym-config.yaml",
    "formats": "give the type by 'x-parent', or convert it in your function",
    "timeout": "set it below 'clients' in pym-config.yaml",
}
"""Arguments of PyMacaron 1's API, and what does as well."""


def old_syntax(service: OldService) -> Iterator[Finding]:
    """Find what Python 3 cannot read, such as `print` as a statement."""
    for file in service.sources:
        try:
            ast.parse(file.text.encode())
        except SyntaxError as error:
            told = f"this is no Python 3 ({error.msg})"
            yield Finding(file.path, error.lineno or 1, "python-3", "error", told, "correct the syntax here")
        except (ValueError, RecursionError):
            continue


def api_arguments(service: OldService) -> Iterator[Finding]:
    """Find arguments of `API(...)` that it takes no more."""
    for file, tree in service.trees:
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "API")
        for keyword in chain.from_iterable(call.keywords for call in calls):
            if keyword.arg in ARGUMENTS:
                told = f"API takes no '{keyword.arg}' any more"
                line = keyword.value.lineno
                yield Finding(file.path, line, "api-argument", "error", told, ARGUMENTS[keyword.arg])


def old_imports(service: OldService) -> Iterator[Finding]:
    """Find imports of names that moved, or that are no more."""
    for file, tree in service.trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and _is_ours(node.module or "") and not node.level:
                yield from _looked_up(file, tree, node)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if _is_ours(alias.name) and not _exists(alias.name):
                        told = f"there is no module '{alias.name}' any more"
                        yield Finding(file.path, node.lineno, "import", "error", told, SEE)


def _looked_up(file: OldFile, tree: ast.Module, node: ast.ImportFrom) -> Iterator[Finding]:
    module = node.module or ""
    moved = [MOVED.get((module, alias.name)) for alias in node.names]
    if len(moved) == 1 and moved[0] is not None:
        yield _moved(file, tree, node, *moved[0])
        return
    for alias in node.names:
        if new := MOVED.get((module, alias.name)):
            yield _told(file, node, alias.name, f"import '{new[1]}' from '{new[0]}'")
        elif not _has(module, alias.name):
            yield _told(file, node, alias.name, ENDED.get((module, alias.name), SEE))


def _told(file: OldFile, node: ast.ImportFrom, name: str, step: str) -> Finding:
    told = f"there is no '{name}' in '{node.module}' any more"
    return Finding(file.path, node.lineno, "import", "error", told, step)


def _moved(file: OldFile, tree: ast.Module, node: ast.ImportFrom, module: str, name: str) -> Finding:
    """Return the finding of an import of one name that moved, with the edits of all that use it."""
    (alias,) = node.names
    known = alias.asname or alias.name
    renames: tuple[Edit, ...] = ()
    if alias.asname or name == alias.name:
        imported = f"{name} as {alias.asname}" if alias.asname else name
    elif name == "apipool" and not _is_bound(tree, name):
        imported = name
        renames = tuple(file.rewritten(use, name) for use in _uses(tree, known))
    else:
        imported = f"{name} as {known}"
    line = f"from {module} import {imported}"
    severity: Severity = "warning" if _has(node.module or "", alias.name) else "error"
    told = f"'{known}' of '{node.module}' is '{name}' of '{module}' now"
    edits = (file.rewritten(node, line), *renames)
    return Finding(file.path, node.lineno, "import", severity, told, f"write '{line}'", edits)


def _uses(tree: ast.Module, name: str) -> Iterator[ast.Name]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name:
            yield node


def _is_bound(tree: ast.Module, name: str) -> bool:
    """Tell whether a name means something already, other than by our own import of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.arg) and name in (getattr(node, "id", None), getattr(node, "arg", None)):
            return not _imports(tree, name)
    return False


def _imports(tree: ast.Module, name: str) -> bool:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "pymacaron")
    return any(alias.name == name and not alias.asname for node in imports for alias in node.names)


def _called(node: ast.Call) -> str:
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def _is_ours(module: str) -> bool:
    return module.partition(".")[0].startswith("pymacaron")


def _exists(module: str) -> bool:
    """Tell whether a module of ours is there; one of a plugin that is not installed counts as there."""
    top = module.partition(".")[0]
    if importlib.util.find_spec(top) is None:
        return True
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _has(module: str, name: str) -> bool:
    if not _exists(module):
        return False
    if importlib.util.find_spec(module.partition(".")[0]) is None:
        return True
    try:
        found = importlib.import_module(module)
        return name == "*" or hasattr(found, name) or _exists(f"{module}.{name}")
    except (ImportError, PluginError):
        return True
