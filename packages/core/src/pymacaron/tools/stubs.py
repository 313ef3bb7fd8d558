"""Handlers that are not written yet, as stubs with the right signature: added once, then left to people."""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections.abc import Iterable, Iterator
from pathlib import Path

from pymacaron.exceptions import StartError
from pymacaron.models.pool import ModelPool
from pymacaron.models.syntax import VOCABULARY, constant, import_as, module_text, name, word
from pymacaron.text import shown
from pymacaron.tools.plaintypes import PlainTypes
from pymacaron.tools.signatures import Handler, arguments, function
from pymacaron.tools.typeimports import is_for_types, newline_of, with_type_imports

__all__ = ["module_file", "module_of", "with_stubs"]

_HOMES = {
    "Any": "typing",
    "Literal": "typing",
    "Union": "typing",
    "IPv4Address": "ipaddress",
    "IPv6Address": "ipaddress",
    "UUID": "uuid",
    "date": "datetime",
    "datetime": "datetime",
    "timedelta": "datetime",
}


def module_of(root: Path, dotted: str) -> str:
    """Return the module in which a dotted name is to be found: all but its last part, unless that is in a class."""
    parts = dotted.split(".")
    for length in range(len(parts) - 2, 0, -1):
        if root.joinpath(*parts[: length - 1], f"{parts[length - 1]}.py").exists():
            return ".".join(parts[:length])
    return ".".join(parts[:-1])


def module_file(root: Path, module: str) -> Path:
    """Return the file of a module of the service."""
    folder = root.joinpath(*module.split("."))
    package = folder / "__init__.py"
    return package if package.exists() or folder.is_dir() else folder.with_name(f"{folder.name}.py")


def with_stubs(file: Path, module: str, handlers: Iterable[tuple[Handler, ModelPool, str]]) -> str | None:
    """Return the text of a module with a stub for each function that it has not, None where none is missing.

    What stands there stays as it is: stubs are added at its end, and what they import for type checkers alone, since
    generated modules are empty until their documents are read. Each handler comes with the pool of its API and the
    module of that one's models. Raises StartError for a file that cannot be read.
    """
    text = _read(file)
    tree = _parsed(text, file)
    known = set(_bound(tree))
    missing = [
        each for each in handlers if each[0].function not in known and each[0].dotted == f"{module}.{each[0].function}"
    ]
    if not missing or "*" in known:
        return None
    imports, stubs = _stubs(missing, known, _imported(tree))
    if not text.strip():
        text = _new(missing)
    elif not _postponed(tree):
        _quote(stubs)
    if imports:
        text = with_type_imports(text, _grouped(imports))
    newline = newline_of(text)
    added = "".join(f"\n\n{module_text([stub])}" for stub in stubs).replace("\n", newline)
    return f"{text}{'' if text.endswith(newline) else newline}{added}"


def _new(missing: list[tuple[Handler, ModelPool, str]]) -> str:
    told = ", ".join(dict.fromkeys(f"the API '{pool.name}'" for _, pool, _ in missing))
    head = [ast.Expr(constant(f"The handlers of {told}.")), import_as("__future__", {"annotations": None})]
    return "\n".join(module_text([statement]) for statement in head)


def _postponed(tree: ast.Module) -> bool:
    """Tell whether the annotations of a module are never evaluated, unless somebody asks for them (PEP 563)."""
    futures = [each for each in tree.body if isinstance(each, ast.ImportFrom) and each.module == "__future__"]
    return any(own.name == "annotations" for each in futures for own in each.names)


def _quote(stubs: Iterable[ast.FunctionDef]) -> None:
    """Write annotations as strings: what they name is there for type checkers alone."""
    for stub in stubs:
        for each in stub.args.args:
            each.annotation = _quoted(each.annotation)
        stub.returns = _quoted(stub.returns)


def _quoted(annotation: ast.expr | None) -> ast.expr | None:
    return (
        annotation if annotation is None or isinstance(annotation, ast.Constant) else constant(ast.unparse(annotation))
    )


def _read(file: Path) -> str:
    try:
        content = file.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        if encoding not in ("utf-8", "utf-8-sig", "ascii"):
            raise StartError(f"{shown(file)} is written in {encoding}: save it as UTF-8")
        return content.decode("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError, SyntaxError) as error:
        raise StartError(f"{shown(file)} cannot be read ({error}): correct that") from None


def _parsed(text: str, file: Path) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None) or 1
        raise StartError(f"{shown(file)}:{line}: this is no Python, so no stub is added: correct it") from None


def _imported(tree: ast.Module) -> set[tuple[str, str]]:
    """Return the names that a module imports under their own name, each after its module."""
    blocks = [tree.body, *(each.body for each in tree.body if isinstance(each, ast.If) and is_for_types(each))]
    found = [statement for block in blocks for statement in block if isinstance(statement, ast.ImportFrom)]
    return {(each.module or "", own.name) for each in found for own in each.names if own.asname is None}


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that statements bind, in branches too."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own) | ast.ClassDef(name=own):
                yield own
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (each.asname or each.name.partition(".")[0] for each in names)
            case ast.Name(id=own, ctx=ast.Store()):
                yield own
                continue
            case _:
                yield from _bound(child)


def _stubs(
    missing: list[tuple[Handler, ModelPool, str]], known: set[str], imported: set[tuple[str, str]]
) -> tuple[list[ast.stmt], list[ast.FunctionDef]]:
    """Return the imports that stubs need, and the stubs."""
    plain = [(models, *_stub(handler, PlainTypes(pool, name, name))) for handler, pool, models in missing]
    models = {(module, own) for module, _, types in plain for own in types.models}
    words = {own for _, _, types in plain for own in types.words}
    wanted = models | {(_HOMES[own], own) for own in words if own in _HOMES}
    names = [own for _, own in models] + list(words)
    hidden = {"TYPE_CHECKING", *(handler.function for handler, _, _ in missing)} | known - {
        own for _, own in imported & wanted
    }
    if len(set(names)) < len(names) or hidden & set(names) or vars(builtins).keys() & {own for _, own in models}:
        return _qualified(missing)
    return _imports(wanted - imported), [stub for _, stub, _ in plain]


def _imports(wanted: set[tuple[str, str]]) -> list[ast.stmt]:
    """Return imports in the usual order: the standard library's first."""
    modules = sorted({module for module, _ in wanted}, key=lambda module: (module not in _HOMES.values(), module))
    return [
        import_as(module, dict.fromkeys(sorted(own for other, own in wanted if other == module))) for module in modules
    ]


def _qualified(missing: list[tuple[Handler, ModelPool, str]]) -> tuple[list[ast.stmt], list[ast.FunctionDef]]:
    """Return the stubs with types that no name of theirs can hide."""
    modules = {models: f"_m{index}" for index, models in enumerate(dict.fromkeys(each[2] for each in missing), 1)}
    stubs = []
    for handler, pool, models in missing:
        own = modules[models]
        types = PlainTypes(pool, word, lambda model, own=own: ast.Attribute(name(own), model, ast.Load()))  # type: ignore[misc]
        stubs.append(_stub(handler, types)[0])
    imports: list[ast.stmt] = [ast.Import([ast.alias("pymacaron.models.typed", VOCABULARY)])]
    imports += [ast.Import([ast.alias(models, own)]) for models, own in modules.items()]
    return imports, stubs


def _stub(handler: Handler, types: PlainTypes) -> tuple[ast.FunctionDef, PlainTypes]:
    operation = handler.operation
    takes = arguments(operation, types, giving=False, keyword_only=False)
    returns = types.result(operation, giving=False)
    told = operation.summary or f"{operation.method.upper()} {operation.path}"
    body: list[ast.stmt] = [ast.Expr(constant(told)), ast.Raise(name("NotImplementedError"), None)]
    return function(handler.function, takes, returns, body), types


def _grouped(imports: list[ast.stmt]) -> str:
    """Return lines of imports, those of the standard library apart from others."""
    standard = [each for each in imports if isinstance(each, ast.ImportFrom) and each.module in _HOMES.values()]
    others = [each for each in imports if each not in standard]
    return "\n".join(module_text(group) for group in (standard, others) if group)
